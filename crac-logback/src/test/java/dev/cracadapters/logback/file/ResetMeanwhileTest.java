/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.core.status.OnFileStatusListener;
import dev.cracadapters.logback.testing.Logs;
import dev.cracadapters.logback.testing.Xml;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A context that is changed after the resource was made")
@Timeout(60)
class ResetMeanwhileTest {

  @TempDir Path temporary;
  private Logs logs;
  private final ExecutorService other = Executors.newSingleThreadExecutor();

  @BeforeEach
  void setUp() throws Exception {
    logs = new Logs(temporary.toRealPath());
    Xml.configure(logs.context, Xml.file("first", logs.path("one.log")));
  }

  @AfterEach
  void tearDown() {
    other.shutdownNow();
    logs.close();
  }

  private void onAnotherThread(ThrowingRunnable body) throws Exception {
    Future<?> done =
        other.submit(
            () -> {
              body.run();
              return null;
            });
    done.get(20, TimeUnit.SECONDS);
  }

  private interface ThrowingRunnable {
    void run() throws Exception;
  }

  @Test
  @DisplayName("by a reset and another configuration has its files of now closed")
  void before() throws Exception {
    logs.context.reset();
    Xml.configure(logs.context, Xml.file("second", logs.path("two.log")));
    Logger added = logs.context.getLogger("added.later");
    added.setAdditive(false);
    var appender = logs.appender("three.log");
    appender.start();
    added.addAppender(appender);

    logs.checkpoint();
    assertThat(logs.open()).isEmpty();
    added.info("to three");
    logs.logger().info("to two");
    logs.restore();
    assertThat(logs.lines("two.log")).containsExactly("to two");
    assertThat(logs.lines("three.log")).containsExactly("to three");
  }

  @Test
  @DisplayName("by a reset at a checkpoint loses nothing, and has no file open afterwards")
  void resetOnly() throws Exception {
    logs.checkpoint();
    logs.logger().info("meanwhile");
    onAnotherThread(logs.context::reset);
    assertThat(logs.open()).isEmpty();
    assertThat(logs.lines("one.log")).containsExactly("meanwhile");
    logs.restore();
    assertThat(logs.open()).isEmpty();
    assertThat(logs.lines("one.log")).containsExactly("meanwhile");
  }

  @Test
  @DisplayName("by a configuration that is read at a checkpoint has the new files closed, too")
  void configuredMeanwhile() throws Exception {
    logs.checkpoint();
    logs.logger().info("to the old");
    onAnotherThread(
        () -> {
          logs.context.reset();
          Xml.configure(
              logs.context,
              """
              <statusListener class="ch.qos.logback.core.status.OnFileStatusListener">
                <filename>%s</filename>
              </statusListener>
              """
                      .formatted(logs.path("status.txt"))
                  + Xml.file("first", logs.path("one.log"))
                  + Xml.file("second", logs.path("two.log"))
                  + Xml.appender(
                      "own",
                      OwnAppender.class.getName(),
                      "<file>" + logs.path("own.log") + "</file>"));
        });
    assertThat(logs.open()).isEmpty();
    logs.logger().info("to the new");
    assertThat(logs.open()).isEmpty();
    assertThat(logs.lines("two.log")).isEmpty();

    logs.restore();
    logs.logger().info("after");
    assertThat(logs.lines("one.log")).containsExactly("to the old", "to the new", "after");
    assertThat(logs.lines("two.log")).containsExactly("to the new", "after");
    assertThat(logs.lines("own.log")).containsExactly("to the new", "after");
    assertThat(logs.open())
        .containsExactlyInAnyOrder("one.log", "two.log", "own.log", "status.txt");
    logs.context.getStatusManager().getCopyOfStatusListenerList().stream()
        .map(OnFileStatusListener.class::cast)
        .forEach(OnFileStatusListener::stop);
  }

  @Test
  @DisplayName("by appenders that are attached at a checkpoint has them closed before the audit")
  void attachedMeanwhile() throws Exception {
    logs.checkpoint();
    onAnotherThread(() -> logs.attachFile("late.log"));
    logs.logger().info("written");
    assertThat(logs.open()).containsExactly("late.log");
    logs.resource.beforeAudit();
    assertThat(logs.open()).isEmpty();
    logs.logger().info("kept");
    logs.restore();
    assertThat(logs.lines("late.log")).containsExactly("written", "kept");
    assertThat(logs.lines("one.log")).containsExactly("written", "kept");
  }

  @Test
  @DisplayName("by resets on one thread while another takes checkpoints ends with nothing open")
  void racing() throws Exception {
    AtomicBoolean stopped = new AtomicBoolean();
    Future<Integer> resets =
        other.submit(
            () -> {
              int count = 0;
              while (!stopped.get()) {
                logs.context.reset();
                Xml.configure(logs.context, Xml.file("first", logs.path("one.log")));
                logs.logger().info("event {}", count++);
              }
              return count;
            });
    try {
      for (int cycle = 0; cycle < 15; cycle++) {
        logs.checkpoint();
        logs.restore();
      }
    } finally {
      stopped.set(true);
    }
    int count = resets.get(20, TimeUnit.SECONDS);
    logs.checkpoint();
    assertThat(logs.open()).isEmpty();
    logs.restore();
    assertThat(lines()).isEqualTo(count);
  }

  private int lines() throws IOException {
    return (int) logs.lines("one.log").stream().distinct().count() == logs.lines("one.log").size()
        ? logs.lines("one.log").size()
        : -1;
  }
}
