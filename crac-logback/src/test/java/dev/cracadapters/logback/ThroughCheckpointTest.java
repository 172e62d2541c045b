/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.FileAppender;
import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.logback.testing.Checkpoints;
import dev.cracadapters.logback.testing.Logs;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.crac.CheckpointException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Events that are logged while the coordinator has the files closed are written once")
@Timeout(60)
class ThroughCheckpointTest {

  @TempDir Path folder;
  private Logs logs;
  private Checkpoints checkpoints;
  private Thread logger;
  private long from;
  private long to;

  @BeforeEach
  void setUp() {
    logs = new Logs(folder);
    FileAppender<ILoggingEvent> appender = logs.appender("app.log");
    appender.setEncoder(
        logs.encoder("%msg %thread %X{user} %method %d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z', UTC}%n"));
    logs.attach(appender);
    checkpoints = new Checkpoints(logs);
  }

  @AfterEach
  void tearDown() {
    checkpoints.close();
    logs.close();
  }

  @Test
  @DisplayName("after a restore")
  void restored() throws Exception {
    logOutside("before");
    checkpoints.during(this::logInside);
    logOutside("after");
    assertThat(checkpoints.lastReport().outcome()).isEqualTo(Outcome.RESTORED);
    assertWritten();
  }

  @Test
  @DisplayName("after the engine failed")
  void engineFailed() throws Exception {
    logOutside("before");
    assertThatThrownBy(
            () ->
                checkpoints.scripted(
                    () -> {
                      logInside();
                      throw new RefusedException("engine", "it has no image", "correct it");
                    }))
        .isInstanceOf(CheckpointException.class);
    logOutside("after");
    assertWritten();
  }

  @Test
  @DisplayName("after another resource refused, and the walk was rolled back")
  void resourceFailed() throws Exception {
    checkpoints.below(
        () -> {
          logInside();
          throw new RefusedException("other", "it is busy", "wait");
        },
        () -> {});
    logOutside("before");
    assertThatThrownBy(checkpoints::take)
        .isInstanceOf(CheckpointException.class)
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    logOutside("after");
    assertWritten();
  }

  @Test
  @DisplayName("after a resource failed to come back")
  void notBack() throws Exception {
    checkpoints.below(
        () -> {},
        () -> {
          logInside();
          throw new java.io.IOException("gone");
        });
    logOutside("before");
    assertThatThrownBy(checkpoints::take).isInstanceOf(org.crac.RestoreException.class);
    logOutside("after");
    assertWritten();
  }

  @Test
  @DisplayName("when the process is left running")
  void leftRunning() throws Exception {
    logOutside("before");
    checkpoints.scripted(
        () -> {
          logInside();
          return Checkpoints.leftRunning(folder);
        });
    logOutside("after");
    assertThat(checkpoints.lastReport().outcome()).isEqualTo(Outcome.IMAGED);
    assertWritten();
  }

  private void logOutside(String message) {
    logs.logger().info(message);
  }

  /** By a thread of its own, which has ended since. */
  private void logInside() {
    assertThat(logs.open()).isEmpty();
    from = System.currentTimeMillis();
    logger = new Thread(this::logForAlice, "worker-7");
    logger.start();
    try {
      logger.join(10_000);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    to = System.currentTimeMillis();
    // So that a time of the writing would be found.
    await().pollInterval(Duration.ofMillis(1)).until(() -> System.currentTimeMillis() > to + 5);
  }

  private void logForAlice() {
    logs.mdc.put("user", "alice");
    for (int i = 0; i < 100; i++) {
      logs.logger().info("during-{}", i);
    }
  }

  private void assertWritten() throws Exception {
    List<String> lines = logs.lines("app.log");
    assertThat(lines).hasSize(102);
    assertThat(lines.get(0)).startsWith("before ");
    assertThat(lines.get(101)).startsWith("after ");
    List<String> expected = new ArrayList<>();
    List<String> found = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      String line = lines.get(i + 1);
      int time = line.lastIndexOf(' ');
      expected.add("during-" + i + " worker-7 alice logForAlice");
      found.add(line.substring(0, time));
      assertThat(Instant.parse(line.substring(time + 1)).toEpochMilli()).isBetween(from, to);
    }
    assertThat(found).isEqualTo(expected);
    assertThat(logs.open()).containsExactly("app.log");
    assertThat(logs.context.getTurboFilterList()).isEmpty();
  }
}
