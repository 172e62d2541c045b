/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.jul.LevelChangePropagator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.logback.testing.Logs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("While events are held for a new configuration")
class HeldContextTest {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path folder;

  private static LoggerGate held(Logs logs, Duration patience) {
    LoggerGate gate = new LoggerGate(patience);
    gate.hold(logs.context);
    return gate;
  }

  private static Thread start(Runnable task) {
    Thread thread = new Thread(task);
    thread.start();
    return thread;
  }

  private static void join(Thread thread) throws InterruptedException {
    thread.join(20_000);
    assertThat(thread.isAlive()).isFalse();
  }

  private static void awaitHeld(Thread thread) {
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> thread.getState() == Thread.State.TIMED_WAITING);
  }

  @Test
  @DisplayName("a thread waits, over resets, and its event follows the new configuration's levels")
  void waits() throws Exception {
    try (Logs logs = new Logs(folder)) {
      logs.attachFile("old.log");
      LoggerGate gate = held(logs, PATIENCE);
      Thread held =
          start(
              () -> {
                logs.logger().info("held");
                logs.logger().warn("held warning");
              });
      awaitHeld(held);
      assertThat(gate.awaitQuiet(Deadline.after(PATIENCE))).isTrue();
      logs.context.stop();
      logs.context.reset();
      Thread later = start(() -> logs.logger().warn("held after the reset"));
      awaitHeld(later);
      logs.context.start();
      logs.attachFile("new.log");
      logs.context.getLogger("ROOT").setLevel(Level.WARN);
      gate.release();
      join(held);
      join(later);
      assertThat(logs.lines("old.log")).isEmpty();
      assertThat(logs.lines("new.log"))
          .containsExactlyInAnyOrder("held warning", "held after the reset");
      assertThat(logs.context.getTurboFilterList()).isEmpty();
      assertThat(logs.context.getCopyOfListenerList()).isEmpty();
    }
  }

  @Test
  @DisplayName("the thread that configures goes on, and so does one that waited for long")
  void kept() throws Exception {
    try (Logs logs = new Logs(folder)) {
      logs.attachFile("old.log");
      LoggerGate gate = held(logs, Duration.ofMillis(1));
      logs.logger().info("own {}", 1);
      join(start(() -> logs.logger().info("impatient {}", 1)));
      logs.context.reset();
      logs.logger().info("own {}", 2);
      join(start(() -> logs.logger().info("impatient {}", 2)));
      logs.attachFile("new.log");
      gate.release();
      logs.logger().info("after");
      assertThat(logs.lines("new.log"))
          .containsExactly("own 1", "impatient 1", "own 2", "impatient 2", "after");
    }
  }

  @Test
  @DisplayName("an event that was under way is waited for, with what its appender logs")
  void underWay() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    try (Logs logs = new Logs(folder)) {
      AppenderBase<ILoggingEvent> slow =
          new AppenderBase<>() {
            @Override
            protected void append(ILoggingEvent event) {
              if (event.getMessage().equals("under way")) {
                entered.countDown();
                try {
                  assertThat(goOn.await(20, TimeUnit.SECONDS)).isTrue();
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
                logs.context.getLogger("other").info("from within");
              }
            }
          };
      slow.setContext(logs.context);
      logs.attach(slow);
      logs.attachFile("old.log");
      Thread logging = start(() -> logs.logger().info("under way"));
      assertThat(entered.await(20, TimeUnit.SECONDS)).isTrue();
      LoggerGate gate = held(logs, PATIENCE);
      assertThat(gate.awaitQuiet(Deadline.after(Duration.ofMillis(50)))).isFalse();
      goOn.countDown();
      assertThat(gate.awaitQuiet(Deadline.after(PATIENCE))).isTrue();
      join(logging);
      assertThat(logs.lines("old.log")).containsExactly("from within", "under way");
      gate.release();
    }
  }

  @Test
  @DisplayName("an event waits that comes when a reset has taken the filters out")
  void inTheGap() throws Exception {
    try (Logs logs = new Logs(folder)) {
      List<Thread> inTheGap = new ArrayList<>();
      LevelChangePropagator listener =
          new LevelChangePropagator() {
            @Override
            public void onReset(LoggerContext context) {
              assertThat(context.getTurboFilterList()).isEmpty();
              inTheGap.add(HeldContextTest.start(() -> logs.logger().trace("in the gap")));
              awaitHeld(inTheGap.get(0));
            }
          };
      logs.context.addListener(listener);
      LoggerGate gate = held(logs, PATIENCE);
      logs.context.reset();
      logs.attachFile("new.log");
      logs.context.getLogger("ROOT").setLevel(Level.TRACE);
      gate.release();
      join(inTheGap.get(0));
      assertThat(logs.lines("new.log")).containsExactly("in the gap");
    }
  }
}
