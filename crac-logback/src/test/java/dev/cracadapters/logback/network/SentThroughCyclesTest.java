/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.AsyncAppender;
import dev.cracadapters.logback.LogbackSettings;
import dev.cracadapters.logback.testing.Logs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Threads that log to a peer through many checkpoints")
@Timeout(120)
@Tag("repeated")
class SentThroughCyclesTest {

  private static final int THREADS = 4;
  private static final int CYCLES = Math.min(20, Integer.getInteger("crac.test.turns", 20));

  /** How many events each thread may log at a time: more than the appender's queue holds. */
  private static final int BURST = 500;

  @TempDir Path folder;
  private Logs logs;
  private EventServer server;
  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
  private final AtomicIntegerArray logged = new AtomicIntegerArray(THREADS);
  private final List<Semaphore> allowed =
      IntStream.range(0, THREADS).mapToObj(id -> new Semaphore(0)).toList();
  private volatile boolean stopped;

  @BeforeEach
  void setUp() throws Exception {
    logs = new Logs(folder, LogbackSettings.defaults().withDrainTimeout(Duration.ofSeconds(20)));
    server = EventServer.start();
  }

  @AfterEach
  void tearDown() throws Exception {
    threads.shutdownNow();
    logs.close();
    server.close();
  }

  // Logback drops what waits longer for room in the queue, on a slow machine also without us.
  private String xml() {
    return SocketAppenderTest.xml(server.port(), "<eventDelayLimit>1 minute</eventDelayLimit>");
  }

  @Test
  @DisplayName("have each event arrive once and in their order")
  void direct() throws Exception {
    NetworkXml.configure(logs.context, xml(), "NET");
    logThroughCycles();
  }

  @Test
  @DisplayName("have each event arrive once and in their order through an asynchronous appender")
  void asynchronous() throws Exception {
    String async =
        NetworkXml.appender(
            "ASYNC",
            AsyncAppender.class,
            "<discardingThreshold>0</discardingThreshold><appender-ref ref='NET'/>");
    NetworkXml.configure(logs.context, xml() + async, "ASYNC");
    logThroughCycles();
  }

  private void logThroughCycles() throws Exception {
    for (int thread = 0; thread < THREADS; thread++) {
      int id = thread;
      threads.execute(() -> logUntilStopped(id));
    }
    for (int cycle = 0; cycle < CYCLES; cycle++) {
      awaitEvents();
      logs.checkpoint();
      assertThat(OpenSockets.to(server.port())).as("open at checkpoint %d", cycle).isEmpty();
      awaitEvents();
      assertThat(OpenSockets.to(server.port())).as("open later at %d", cycle).isEmpty();
      logs.restore();
    }
    awaitEvents();
    stopped = true;
    allowed.forEach(Semaphore::release);
    threads.shutdown();
    assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    int total = 0;
    for (int thread = 0; thread < THREADS; thread++) {
      total += logged.get(thread);
    }
    assertEachOnceInOrder(server.receive(total));
  }

  private void logUntilStopped(int id) {
    allowed.get(id).acquireUninterruptibly();
    for (int i = 0; !stopped; i++) {
      logs.logger().info("{} {}", id, i);
      logged.set(id, i + 1);
      allowed.get(id).acquireUninterruptibly();
    }
  }

  /** Until each thread has logged some more. */
  private void awaitEvents() {
    int[] from = IntStream.range(0, THREADS).map(logged::get).toArray();
    allowed.forEach(semaphore -> semaphore.release(BURST));
    for (int thread = 0; thread < THREADS; thread++) {
      int id = thread;
      await()
          .atMost(Duration.ofSeconds(20))
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(1))
          .until(() -> logged.get(id) >= from[id] + 3);
    }
  }

  private void assertEachOnceInOrder(List<String> messages) {
    for (int thread = 0; thread < THREADS; thread++) {
      String own = thread + " ";
      List<String> found = messages.stream().filter(message -> message.startsWith(own)).toList();
      for (int i = 0; i < found.size(); i++) {
        assertThat(found.get(i)).isEqualTo(own + i);
      }
      assertThat(found).as("events of thread %d", thread).hasSize(logged.get(thread));
    }
  }
}
