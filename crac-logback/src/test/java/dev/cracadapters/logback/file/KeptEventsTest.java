/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.FileAppender;
import dev.cracadapters.logback.LogbackSettings;
import dev.cracadapters.logback.appender.AsyncQueue;
import dev.cracadapters.logback.testing.Logs;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("An event that is logged during a checkpoint")
@Timeout(60)
class KeptEventsTest {

  @TempDir Path folder;
  private Logs logs;

  @AfterEach
  void tearDown() {
    logs.close();
  }

  @Test
  @DisplayName("is written with the time, thread, MDC and caller it was logged with")
  void content() throws Exception {
    logs = new Logs(folder);
    FileAppender<ILoggingEvent> appender = logs.appender("app.log");
    appender.setEncoder(
        logs.encoder("%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z', UTC} %thread %X{user} %method %msg%n"));
    logs.attach(appender);
    logs.checkpoint();
    long from = System.currentTimeMillis();
    Thread thread = new Thread(this::logForAlice, "worker-7");
    thread.start();
    thread.join();
    long to = System.currentTimeMillis();
    await().pollInterval(Duration.ofMillis(1)).until(() -> System.currentTimeMillis() > to + 5);
    logs.restore();
    String[] parts = logs.lines("app.log").get(0).split(" ");
    assertThat(Instant.parse(parts[0]).toEpochMilli()).isBetween(from, to);
    assertThat(List.of(parts).subList(1, 5))
        .containsExactly("worker-7", "alice", "logForAlice", "hello");
  }

  private void logForAlice() {
    logs.mdc.put("user", "alice");
    logs.logger().info("hello");
  }

  @Test
  @DisplayName("is in the file before the checkpoint if it was queued before")
  void queuedBefore() throws Exception {
    logs = new Logs(folder);
    CountDownLatch go = new CountDownLatch(1);
    FileAppender<ILoggingEvent> slow =
        logs.prepare(
            new FileAppender<>() {
              @Override
              protected void subAppend(ILoggingEvent event) {
                awaitUninterrupted(go);
                super.subAppend(event);
              }
            },
            "app.log");
    slow.start();
    logs.attach(logs.async(slow));
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      logs.logger().info("event {}", i);
      expected.add("event " + i);
    }
    Thread opener =
        new Thread(
            () -> {
              await()
                  .until(() -> Thread.getAllStackTraces().keySet().stream().anyMatch(this::waits));
              go.countDown();
            });
    opener.start();
    logs.checkpoint();
    opener.join();
    assertThat(logs.lines("app.log")).isEqualTo(expected);
  }

  private boolean waits(Thread thread) {
    for (StackTraceElement frame : thread.getStackTrace()) {
      if (frame.getClassName().equals(AsyncQueue.class.getName())) {
        return true;
      }
    }
    return false;
  }

  @Test
  @DisplayName("is not lost where its asynchronous appender could not be drained in time")
  void notDrained() throws Exception {
    logs =
        new Logs(
            folder,
            LogbackSettings.defaults()
                .withBufferSize(1000)
                .withDrainTimeout(Duration.ofMillis(50)));
    CountDownLatch go = new CountDownLatch(1);
    FileAppender<ILoggingEvent> stuck =
        logs.prepare(
            new FileAppender<>() {
              @Override
              protected void subAppend(ILoggingEvent event) {
                awaitUninterrupted(go);
                super.subAppend(event);
              }
            },
            "app.log");
    stuck.start();
    logs.attach(logs.async(stuck));
    logs.logger().info("queued");
    logs.checkpoint();
    assertThat(logs.open()).isEmpty();
    go.countDown();
    logs.restore();
    await().untilAsserted(() -> assertThat(logs.lines("app.log")).containsExactly("queued"));
  }

  @Test
  @DisplayName("slows its thread down beyond buffer-size where it was given to the appender itself")
  void throttled() throws Exception {
    logs =
        new Logs(
            folder,
            LogbackSettings.defaults().withBufferSize(10).withDrainTimeout(Duration.ofSeconds(5)));
    FileAppender<ILoggingEvent> appender = logs.attachFile("app.log");
    logs.checkpoint();
    AtomicInteger logged = new AtomicInteger();
    long[] nanos = new long[1];
    Thread flood =
        new Thread(
            () -> {
              long start = System.nanoTime();
              for (int i = 0; i < 110; i++) {
                appender.doAppend(event("event " + i));
                logged.incrementAndGet();
              }
              nanos[0] = System.nanoTime() - start;
            });
    flood.start();
    flood.join();
    assertThat(logged).hasValue(110);
    // 100 events beyond the bound, each waits 1 ms.
    assertThat(nanos[0]).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(100));
    logs.restore();
    assertThat(logs.lines("app.log")).hasSize(110).endsWith("event 109");
  }

  @Test
  @DisplayName("does not wait on the thread that runs the checkpoint, however many are kept")
  void walkerNeverWaits() throws Exception {
    logs =
        new Logs(
            folder,
            LogbackSettings.defaults().withBufferSize(1).withDrainTimeout(Duration.ofSeconds(5)));
    logs.attachFile("app.log");
    logs.checkpoint();
    long start = System.nanoTime();
    for (int i = 0; i < 10_000; i++) {
      logs.logger().info("event {}", i);
    }
    // Waiting would take 10 seconds.
    assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(8));
    logs.restore();
    assertThat(logs.lines("app.log")).hasSize(10_000);
  }

  @Test
  @DisplayName("is kept at once, with the thread still interrupted, if its thread is interrupted")
  void interrupted() throws Exception {
    logs =
        new Logs(
            folder,
            LogbackSettings.defaults().withBufferSize(1).withDrainTimeout(Duration.ofSeconds(5)));
    logs.attachFile("app.log");
    logs.checkpoint();
    boolean[] still = new boolean[1];
    Thread thread =
        new Thread(
            () -> {
              Thread.currentThread().interrupt();
              logs.logger().info("one");
              logs.logger().info("two");
              still[0] = Thread.currentThread().isInterrupted();
            });
    thread.start();
    thread.join();
    assertThat(still[0]).isTrue();
    logs.restore();
    assertThat(logs.lines("app.log")).containsExactly("one", "two");
  }

  private ILoggingEvent event(String message) {
    return new LoggingEvent(Logger.FQCN, logs.logger(), Level.INFO, message, null, null);
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          if (!latch.await(30, TimeUnit.SECONDS)) {
            throw new IllegalStateException("nobody let go");
          }
          return;
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
