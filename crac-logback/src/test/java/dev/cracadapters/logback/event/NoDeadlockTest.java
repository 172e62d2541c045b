/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.sift.MDCBasedDiscriminator;
import ch.qos.logback.classic.sift.SiftingAppender;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.FileAppender;
import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.logback.LogbackSettings;
import dev.cracadapters.logback.testing.Checkpoints;
import dev.cracadapters.logback.testing.Flood;
import dev.cracadapters.logback.testing.Logs;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A checkpoint ends though threads wait for room in a log")
@Timeout(60)
class NoDeadlockTest {

  private static final int SIZE = 10;

  @TempDir Path folder;
  private Logs logs;
  private Flood flood;
  private Checkpoints checkpoints;

  @AfterEach
  void tearDown() {
    checkpoints.close();
    logs.close();
  }

  private void setUp(Duration drainTimeout) {
    logs =
        new Logs(
            folder, LogbackSettings.defaults().withBufferSize(SIZE).withDrainTimeout(drainTimeout));
    flood = new Flood(logs);
    checkpoints = new Checkpoints(logs);
  }

  @Test
  @DisplayName("and they wait for as long as it pauses, longer than drain-timeout")
  void longPause() throws Exception {
    setUp(Duration.ofMillis(200));
    logs.attachFile("app.log");
    checkpoints.during(
        () -> {
          flood.start(100);
          flood.awaitHeld();
          long start = System.nanoTime();
          await().until(() -> System.nanoTime() - start > Duration.ofSeconds(1).toNanos());
          assertThat(flood.logged()).isEqualTo(SIZE);
        });
    flood.awaitEnd();
    assertThat(logs.lines("app.log")).isEqualTo(Flood.events(100));
  }

  @Test
  @DisplayName("and none of its own threads waits, whatever it logs")
  void ownThreads() throws Exception {
    setUp(Duration.ofSeconds(20));
    logs.attachFile("app.log");
    checkpoints.below(() -> log("down"), () -> log("up"));
    long start = System.nanoTime();
    checkpoints.scripted(
        () -> {
          log("engine");
          return Checkpoints.leftRunning(folder);
        });
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(15));
    assertThat(logs.lines("app.log"))
        .hasSize(6 * SIZE)
        .containsSubsequence("down 19", "engine 0", "engine 19", "up 0", "up 19");
  }

  @Test
  @DisplayName("and its own threads log through an asynchronous appender whose queue is full")
  void ownThreadsBehindQueue() throws Exception {
    setUp(Duration.ofSeconds(20));
    FileAppender<ILoggingEvent> target = logs.appender("app.log");
    target.start();
    var async = logs.async(target);
    async.setQueueSize(2);
    logs.attach(async);
    long start = System.nanoTime();
    checkpoints.scripted(
        () -> {
          log("engine");
          flood.start(100);
          flood.awaitHeld();
          log("engine");
          return Checkpoints.leftRunning(folder);
        });
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(15));
    flood.awaitEnd();
    await().untilAsserted(() -> assertThat(logs.lines("app.log")).hasSize(4 * SIZE + 100));
  }

  @Test
  @DisplayName("and a resource needs what such a thread has locked")
  void lockedByApplication() throws Exception {
    setUp(Duration.ofSeconds(2));
    logs.attachFile("app.log");
    Object monitor = new Object();
    var logging = flood.logging;
    flood.logging =
        i -> {
          synchronized (monitor) {
            logging.accept(i);
          }
        };
    checkpoints.below(
        () -> {
          flood.start(100);
          flood.awaitHeld();
          synchronized (monitor) {
            log("down");
          }
        },
        () -> {});
    assertThat(checkpoints.take().outcome()).isEqualTo(Outcome.RESTORED);
    flood.awaitEnd();
    assertThat(logs.lines("app.log")).hasSize(100 + 2 * SIZE);
  }

  @Test
  @DisplayName("and one logs from within a sifting appender, which the walk needs")
  void insideAppender() throws Exception {
    setUp(Duration.ofSeconds(20));
    SiftingAppender sifting = new SiftingAppender();
    sifting.setContext(logs.context);
    MDCBasedDiscriminator discriminator = new MDCBasedDiscriminator();
    discriminator.setKey("user");
    discriminator.setDefaultValue("nobody");
    discriminator.start();
    sifting.setDiscriminator(discriminator);
    sifting.setAppenderFactory(
        (context, value) -> {
          FileAppender<ILoggingEvent> child = logs.appender(value + ".log");
          child.start();
          return child;
        });
    logs.attach(sifting);
    logs.attachFile("app.log");
    Object talks =
        new Object() {
          @Override
          public String toString() {
            logs.context.getLogger("nested").info("from toString");
            return "talks";
          }
        };
    checkpoints.scripted(
        () -> {
          sifted(talks);
          flood.awaitEnd();
          log("engine");
          return Checkpoints.leftRunning(folder);
        });
    assertThat(logs.lines("nobody.log")).contains("event 9", "event talks");
    assertThat(logs.lines("app.log")).contains("event 9", "from toString");
  }

  /** Logs a nested event on a thread that may wait, when there is no room. */
  private void sifted(Object talks) {
    flood.logging =
        i -> {
          if (i < SIZE) {
            logs.logger().info("event {}", i);
          } else {
            // Past the filter, as an event that was on its way.
            Thread.currentThread().interrupt();
            logs.logger().info("event {}", new Talk(talks));
          }
        };
    flood.start(SIZE + 1);
  }

  private void log(String what) {
    for (int i = 0; i < 2 * SIZE; i++) {
      logs.logger().info("{} {}", what, i);
    }
  }

  /** Ends the interrupt that took the event past the filter. */
  private record Talk(Object talks) {
    @Override
    public String toString() {
      Thread.interrupted();
      return talks.toString();
    }
  }
}
