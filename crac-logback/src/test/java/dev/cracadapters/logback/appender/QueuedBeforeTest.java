/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.appender;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.FileAppender;
import dev.cracadapters.logback.LogbackSettings;
import dev.cracadapters.logback.testing.Checkpoints;
import dev.cracadapters.logback.testing.Flood;
import dev.cracadapters.logback.testing.Logs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("While a checkpoint pauses, the file has the events that were queued before it")
@Timeout(60)
class QueuedBeforeTest {

  private static final int EVENTS = 200;

  @TempDir Path folder;
  private Logs logs;
  private Checkpoints checkpoints;
  private volatile boolean stopped;

  @BeforeEach
  void setUp() {
    logs = new Logs(folder, LogbackSettings.defaults().withDrainTimeout(Duration.ofSeconds(30)));
    checkpoints = new Checkpoints(logs);
  }

  @AfterEach
  void tearDown() {
    stopped = true;
    checkpoints.close();
    logs.close();
  }

  @Test
  @DisplayName("behind a worker that is slow")
  void slow() throws Exception {
    logs.attach(logs.async(slowFile(TimeUnit.MILLISECONDS.toNanos(2))));
    assertThereDuringPause();
  }

  @Test
  @DisplayName("behind one asynchronous appender over another")
  void nested() throws Exception {
    AsyncAppender inner = logs.async(slowFile(TimeUnit.MILLISECONDS.toNanos(1)));
    inner.setQueueSize(16);
    inner.start();
    AsyncAppender outer = logs.async(inner);
    outer.setQueueSize(1000);
    logs.attach(outer);
    assertThereDuringPause();
  }

  @Test
  @DisplayName("with the caller of each")
  void callerData() throws Exception {
    FileAppender<ILoggingEvent> target = logs.appender("app.log");
    target.setEncoder(logs.encoder("%msg by %method%n"));
    target.start();
    AsyncAppender async = logs.async(target);
    async.setIncludeCallerData(true);
    logs.attach(async);
    log("event");
    checkpoints.during(
        () -> {
          assertThat(logs.lines("app.log")).hasSize(EVENTS).endsWith("event 199 by log");
          log("during");
        });
    await()
        .untilAsserted(
            () ->
                assertThat(logs.lines("app.log"))
                    .hasSize(2 * EVENTS)
                    .endsWith("during 199 by log"));
  }

  @Test
  @DisplayName("in a queue that never gets empty")
  void neverEmpty() throws Exception {
    logs.attach(logs.async(slowFile(TimeUnit.MICROSECONDS.toNanos(100))));
    Thread flood =
        new Thread(
            () -> {
              while (!stopped) {
                logs.logger().info("flood");
              }
            });
    flood.start();
    log("event");
    checkpoints.during(
        () -> assertThat(logs.lines("app.log")).contains("flood").containsSubsequence(events()));
    stopped = true;
    flood.join(20_000);
    assertThat(flood.isAlive()).isFalse();
    await()
        .untilAsserted(
            () ->
                assertThat(logs.lines("app.log"))
                    .filteredOn(line -> line.startsWith("event"))
                    .isEqualTo(events()));
  }

  private void assertThereDuringPause() throws Exception {
    log("event");
    checkpoints.during(() -> assertThat(logs.lines("app.log")).isEqualTo(events()));
    assertThat(logs.lines("app.log")).isEqualTo(events());
  }

  private void log(String what) {
    for (int i = 0; i < EVENTS; i++) {
      logs.logger().info("{} {}", what, i);
    }
  }

  private static List<String> events() {
    return Flood.events(EVENTS);
  }

  /** A file on a slow disk. */
  private FileAppender<ILoggingEvent> slowFile(long nanos) {
    FileAppender<ILoggingEvent> slow =
        logs.prepare(
            new FileAppender<>() {
              @Override
              protected void subAppend(ILoggingEvent event) {
                LockSupport.parkNanos(nanos);
                super.subAppend(event);
              }
            },
            "app.log");
    slow.start();
    return slow;
  }
}
