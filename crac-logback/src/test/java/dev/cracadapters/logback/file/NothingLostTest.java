/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cracadapters.logback.LogbackSettings;
import dev.cracadapters.logback.testing.Flood;
import dev.cracadapters.logback.testing.Logs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Threads that log through many checkpoints")
@Timeout(120)
class NothingLostTest {

  private static final int THREADS = 4;
  private static final int CYCLES = 20;

  @TempDir Path folder;
  private Logs logs;
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicIntegerArray logged = new AtomicIntegerArray(THREADS);
  private volatile boolean stopped;

  @BeforeEach
  void setUp() {
    logs = new Logs(folder, LogbackSettings.defaults().withDrainTimeout(Duration.ofSeconds(20)));
  }

  @AfterEach
  void tearDown() {
    stopped = true;
    logs.close();
  }

  @Test
  @DisplayName("find every event once and in their order in a plain file")
  void plain() throws Exception {
    logs.attachFile("plain.log");
    logThroughCycles();
    assertEachOnceInOrder(logs.lines("plain.log"));
  }

  @Test
  @DisplayName("find every event once and in their order in a file without immediate flush")
  void unflushed() throws Exception {
    var appender = logs.appender("unflushed.log");
    appender.setImmediateFlush(false);
    logs.attach(appender);
    logThroughCycles();
    logs.context.stop();
    assertEachOnceInOrder(logs.lines("unflushed.log"));
  }

  @Test
  @DisplayName("find every event once and in their order in a file behind an asynchronous appender")
  void asynchronous() throws Exception {
    var target = logs.appender("async.log");
    target.start();
    var async = logs.attach(logs.async(target));
    // Stopping waits this long for the queue.
    async.setMaxFlushTime(20_000);
    logThroughCycles();
    logs.context.stop();
    assertEachOnceInOrder(logs.lines("async.log"));
  }

  @Test
  @DisplayName("find every event once and in their order in files that roll over by size meanwhile")
  void rolling() throws Exception {
    logs.attach(logs.rolling("rolling.log", "40KB", ""));
    logThroughCycles();
    assertEachOnceInOrder(logs.rollingLines("rolling.log"));
    assertThat(logs.rolled("rolling.log")).hasSizeGreaterThan(5);
  }

  @Test
  @DisplayName("find every event once and in their order in a file in prudent mode")
  void prudent() throws Exception {
    var appender = logs.appender("prudent.log");
    appender.setPrudent(true);
    logs.attach(appender);
    logThroughCycles();
    assertEachOnceInOrder(logs.lines("prudent.log"));
  }

  @Test
  @DisplayName("find every event once and in their order even if hardly any may be kept")
  void smallBuffer() throws Exception {
    logs.close();
    logs =
        new Logs(
            folder,
            LogbackSettings.defaults().withBufferSize(1).withDrainTimeout(Duration.ofSeconds(20)));
    logs.attachFile("small.log");
    logThroughCycles();
    assertEachOnceInOrder(logs.lines("small.log"));
  }

  private void logThroughCycles() throws Exception {
    for (int thread = 0; thread < THREADS; thread++) {
      int id = thread;
      threads.add(new Thread(() -> logUntilStopped(id)));
    }
    threads.forEach(Thread::start);
    for (int cycle = 0; cycle < CYCLES; cycle++) {
      awaitEvents();
      logs.checkpoint();
      assertThat(logs.open()).as("open at checkpoint %d", cycle).isEmpty();
      awaitEvents();
      assertThat(logs.open()).as("open at the end of checkpoint %d", cycle).isEmpty();
      logs.restore();
    }
    awaitEvents();
    stopped = true;
    for (Thread thread : threads) {
      thread.join(30_000);
      assertThat(thread.isAlive()).isFalse();
    }
  }

  private void logUntilStopped(int id) {
    for (int i = 0; !stopped; i++) {
      logs.logger().info("{} {}", id, i);
      logged.set(id, i + 1);
    }
  }

  /** Until each thread has logged some more, or waits since no more may be kept. */
  private void awaitEvents() {
    for (int thread = 0; thread < THREADS; thread++) {
      int id = thread;
      int from = logged.get(id);
      await()
          .atMost(Duration.ofSeconds(20))
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(1))
          .until(() -> logged.get(id) >= from + 3 || Flood.isHeld(threads.get(id)));
    }
  }

  private void assertEachOnceInOrder(List<String> lines) {
    List<List<Integer>> found = new ArrayList<>();
    for (int thread = 0; thread < THREADS; thread++) {
      found.add(new ArrayList<>());
    }
    for (String line : lines) {
      String[] parts = line.split(" ");
      found.get(Integer.parseInt(parts[0])).add(Integer.valueOf(parts[1]));
    }
    for (int thread = 0; thread < THREADS; thread++) {
      List<Integer> numbers = found.get(thread);
      for (int i = 0; i < numbers.size(); i++) {
        assertThat(numbers.get(i)).as("event %d of thread %d", i, thread).isEqualTo(i);
      }
      assertThat(numbers).as("events of thread %d", thread).hasSize(logged.get(thread));
    }
  }
}
