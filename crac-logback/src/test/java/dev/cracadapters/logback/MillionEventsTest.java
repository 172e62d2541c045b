/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.joran.JoranConfigurator;
import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.logback.testing.Checkpoints;
import dev.cracadapters.logback.testing.Flood;
import dev.cracadapters.logback.testing.Logs;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A million events through fifty checkpoints, with the settings as they come")
@Timeout(240)
@Tag("soak")
class MillionEventsTest {

  private static final int THREADS = 4;
  private static final int CYCLES = 50;
  private static final int EVENTS_EACH = 250_000;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final String XML =
      """
      <configuration>
        <appender name="SYNC" class="ch.qos.logback.core.FileAppender">
          <file>%1$s/sync.log</file>
          <encoder><pattern>%%msg%%n</pattern></encoder>
        </appender>
        <appender name="TARGET" class="ch.qos.logback.core.FileAppender">
          <file>%1$s/async.log</file>
          <encoder><pattern>%%msg%%n</pattern></encoder>
        </appender>
        <appender name="ASYNC" class="ch.qos.logback.classic.AsyncAppender">
          <discardingThreshold>0</discardingThreshold>
          <maxFlushTime>60000</maxFlushTime>
          <appender-ref ref="TARGET"/>
        </appender>
        <appender name="SIFT" class="ch.qos.logback.classic.sift.SiftingAppender">
          <discriminator>
            <key>thread</key>
            <defaultValue>none</defaultValue>
          </discriminator>
          <sift>
            <appender name="FILE-${thread}" class="ch.qos.logback.core.FileAppender">
              <file>%1$s/sifted-${thread}.log</file>
              <encoder><pattern>%%msg%%n</pattern></encoder>
            </appender>
          </sift>
        </appender>
        <root level="INFO">
          <appender-ref ref="SYNC"/>
          <appender-ref ref="ASYNC"/>
          <appender-ref ref="SIFT"/>
        </root>
      </configuration>
      """;

  @TempDir Path folder;
  private Logs logs;
  private Checkpoints checkpoints;
  private final AtomicIntegerArray logged = new AtomicIntegerArray(THREADS);
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean cyclesDone;
  private volatile boolean stopped;

  @AfterEach
  void tearDown() {
    stopped = true;
    checkpoints.close();
    logs.close();
  }

  private void setUp() throws Exception {
    logs = new Logs(folder, LogbackSettings.defaults());
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(logs.context);
    configurator.doConfigure(
        new ByteArrayInputStream(XML.formatted(folder).getBytes(StandardCharsets.UTF_8)));
    checkpoints = new Checkpoints(logs);
    checkpoints.below(this::eventsComeInBetween, () -> {});
  }

  @Test
  @DisplayName("are each in every file once, each thread's own in order, and nothing is left over")
  void eachOnce() throws Exception {
    warmUp();
    Set<Thread> threadsBefore = Thread.getAllStackTraces().keySet();
    List<String> descriptorsBefore = descriptors();
    setUp();
    for (int id = 0; id < THREADS; id++) {
      int own = id;
      threads.add(new Thread(() -> log(own), "logging-" + id));
    }
    threads.forEach(Thread::start);
    for (int cycle = 0; cycle < CYCLES; cycle++) {
      long begin = (long) THREADS * EVENTS_EACH * cycle / CYCLES;
      until(() -> total() >= begin);
      CheckpointReport report = checkpoints.take();
      assertThat(report.outcome()).isEqualTo(Outcome.RESTORED);
      assertThat(report.resources()).extracting(r -> r.name()).contains("logback test", "below");
    }
    cyclesDone = true;
    for (Thread thread : threads) {
      thread.join(PATIENCE.toMillis());
      assertThat(thread.isAlive()).isFalse();
    }
    logs.context.stop();

    assertThat(total()).isGreaterThanOrEqualTo(1_000_000);
    assertComplete("sync.log");
    assertComplete("async.log");
    assertComplete("sifted-0.log", "sifted-1.log", "sifted-2.log", "sifted-3.log");
    await()
        .pollInSameThread() // no thread of the test's own
        .untilAsserted(
            () -> assertThat(threadsBefore).containsAll(Thread.getAllStackTraces().keySet()));
    assertThat(descriptors()).isEqualTo(descriptorsBefore);
  }

  private void log(int id) {
    logs.mdc.put("thread", String.valueOf(id));
    for (int i = 0; !stopped && (i < EVENTS_EACH || !cyclesDone); i++) {
      logs.logger().info("{} {}", id, i);
      logged.set(id, i + 1);
    }
  }

  /** While the files are closed: each thread logs on, or waits since no more may be kept. */
  private void eventsComeInBetween() {
    assertThat(logs.open()).isEmpty();
    int[] before = new int[THREADS];
    for (int id = 0; id < threads.size(); id++) {
      before[id] = logged.get(id);
    }
    for (int id = 0; id < threads.size(); id++) {
      int own = id;
      until(() -> logged.get(own) > before[own] || Flood.isHeld(threads.get(own)));
    }
    assertThat(logs.open()).isEmpty();
  }

  /** What the first checkpoint of a process starts or opens for good is no leftover. */
  private void warmUp() throws Exception {
    setUp();
    checkpoints.take();
    checkpoints.close();
    logs.close();
  }

  private long total() {
    long total = 0;
    for (int id = 0; id < THREADS; id++) {
      total += logged.get(id);
    }
    return total;
  }

  /** That files have every event once, and each thread's own in order. */
  private void assertComplete(String... files) throws IOException {
    int[] next = new int[THREADS];
    for (String file : files) {
      count(file, next);
    }
    for (int id = 0; id < THREADS; id++) {
      assertThat(next[id]).as("thread %d in %s", id, files[0]).isEqualTo(logged.get(id));
    }
  }

  private void count(String file, int[] next) throws IOException {
    try (BufferedReader lines = Files.newBufferedReader(logs.path(file))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        int space = line.indexOf(' ');
        int id = Integer.parseInt(line.substring(0, space));
        if (Integer.parseInt(line.substring(space + 1)) != next[id]++) {
          throw new AssertionError(
              "%s has \"%s\" where event %d was to be".formatted(file, line, next[id] - 1));
        }
      }
    }
  }

  private static void until(Callable<Boolean> condition) {
    await()
        .pollInSameThread()
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(condition);
  }

  private static List<String> descriptors() throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.map(MillionEventsTest::target)
          .filter(target -> !target.startsWith("/proc/"))
          .sorted()
          .collect(Collectors.toList());
    }
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return "/proc/ closed by now";
    }
  }
}
