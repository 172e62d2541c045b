/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.status.Status;
import dev.cracadapters.logback.LogbackResource;
import dev.cracadapters.logback.LogbackSettings;
import dev.cracadapters.logback.LogbackSettings.OnFull;
import dev.cracadapters.logback.testing.Logs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("With drop-oldest, where buffer-size events are kept for a file")
@Timeout(60)
class DropOldestTest {

  private static final int SIZE = 5;

  @TempDir Path folder;
  private Logs logs;

  @BeforeEach
  void setUp() {
    logs =
        new Logs(
            folder,
            LogbackSettings.defaults()
                .withBufferSize(SIZE)
                .withOnFull(OnFull.DROP_OLDEST)
                .withDrainTimeout(Duration.ofSeconds(10)));
  }

  @AfterEach
  void tearDown() {
    logs.close();
  }

  @Test
  @DisplayName("the oldest are dropped, and the file says how many behind the others")
  void dropped() throws Exception {
    logs.attachFile("app.log");
    logs.logger().info("before");
    logs.checkpoint();
    log(12);
    assertThat(logs.context.getTurboFilterList()).isEmpty();
    logs.restore();
    logs.logger().info("after");
    assertThat(logs.lines("app.log"))
        .containsExactly(
            "before",
            "event 7",
            "event 8",
            "event 9",
            "event 10",
            "event 11",
            loss(7, "app.log"),
            "after");
    assertThat(statuses(Status.WARN)).containsOnlyOnce(loss(7, "app.log"));
  }

  @Test
  @DisplayName("the word on it is a warning of crac-logback's, in the file's own layout")
  void notice() throws Exception {
    FileAppender<ILoggingEvent> appender = logs.appender("app.log");
    appender.setEncoder(logs.encoder("%level %logger %msg%n"));
    logs.attach(appender);
    logs.checkpoint();
    log(SIZE + 1);
    logs.restore();
    assertThat(logs.lines("app.log"))
        .endsWith("WARN " + LogbackResource.class.getName() + " " + loss(1, "app.log"));
  }

  @Test
  @DisplayName("each file says its own number, and one that lost nothing says nothing")
  void eachItsOwn() throws Exception {
    logs.attachFile("all.log");
    FileAppender<ILoggingEvent> few = logs.appender("few.log");
    few.start();
    logs.context.getLogger("few").addAppender(few);
    logs.checkpoint();
    log(SIZE + 2);
    logs.context.getLogger("few").setLevel(Level.INFO);
    logs.context.getLogger("few").info("one");
    logs.restore();
    assertThat(logs.lines("all.log")).hasSize(SIZE + 1).endsWith(loss(3, "all.log"));
    assertThat(logs.lines("few.log")).containsExactly("one");
  }

  @Test
  @DisplayName("nothing is said where nothing was lost, nor once more after the next checkpoint")
  void saidOnce() throws Exception {
    logs.attachFile("app.log");
    logs.checkpoint();
    log(SIZE + 1);
    logs.restore();
    logs.checkpoint();
    log(SIZE);
    logs.restore();
    assertThat(logs.lines("app.log")).filteredOn(line -> line.contains("dropped")).hasSize(1);
    assertThat(logs.lines("app.log")).endsWith("event 3", "event 4");
  }

  @Test
  @DisplayName("the same holds on where the file cannot be opened after the restore")
  void unopened() throws Exception {
    logs.attachFile("app.log");
    logs.checkpoint();
    log(SIZE + 2);
    obstruct("app.log");
    assertThatThrownBy(logs::restore).hasMessageContaining("app.log");
    assertThat(statuses(Status.ERROR)).hasSize(1).first().asString().contains("cannot be opened");
    logs.logger().info("late");
    assertThat(statuses(Status.ERROR))
        .hasSize(2)
        .last()
        .asString()
        .contains("app.log", "the oldest are lost from now on");
    Files.delete(logs.path("app.log"));
    logs.restore();
    assertThat(logs.lines("app.log"))
        .containsExactly("event 3", "event 4", "event 5", "event 6", "late", loss(3, "app.log"));
  }

  @Test
  @DisplayName("an appender that is stopped meanwhile says it, too")
  void stopped() throws Exception {
    FileAppender<ILoggingEvent> appender = logs.attachFile("app.log");
    logs.checkpoint();
    log(SIZE + 1);
    appender.stop();
    assertThat(logs.lines("app.log")).hasSize(SIZE + 1).endsWith(loss(1, "app.log"));
    logs.restore();
  }

  @Test
  @DisplayName("the length that a rolling appender knows is that of its file")
  void length() throws Exception {
    RollingFileAppender<ILoggingEvent> appender = logs.rolling("app.log", "10MB", "");
    logs.attach(appender);
    logs.checkpoint();
    log(1000);
    logs.restore();
    assertThat(appender.getTriggeringPolicy().getLengthCounter().getLength())
        .isEqualTo(Files.size(logs.path("app.log")));
  }

  private void log(int count) {
    for (int i = 0; i < count; i++) {
      logs.logger().info("event {}", i);
    }
  }

  private String loss(int count, String file) {
    return "%d log events were dropped from %s while it was closed for a checkpoint (buffer-size %d)"
        .formatted(count, logs.path(file), SIZE);
  }

  private List<String> statuses(int level) {
    List<String> messages = new ArrayList<>();
    for (Status status : logs.context.getStatusManager().getCopyOfStatusList()) {
      if (status.getLevel() == level) {
        messages.add(status.getMessage());
      }
    }
    return messages;
  }

  private void obstruct(String file) throws IOException {
    Files.delete(logs.path(file));
    Files.createDirectory(logs.path(file));
  }
}
