/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@RequiresCriu
@DisplayName("A process that logs without a pause through real checkpoints")
class RealCheckpointsIT {

  private static final int TURNS = Integer.getInteger("crac.test.turns", 20);
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static final String CONFIGURATION =
      """
      <configuration>
        <appender name="SYNC" class="ch.qos.logback.core.FileAppender">
          <file>${logs}/sync.log</file>
          <encoder><pattern>%msg%n</pattern></encoder>
        </appender>
        <appender name="FILE" class="ch.qos.logback.core.FileAppender">
          <file>${logs}/async.log</file>
          <encoder><pattern>%msg%n</pattern></encoder>
        </appender>
        <appender name="ASYNC" class="ch.qos.logback.classic.AsyncAppender">
          <discardingThreshold>0</discardingThreshold>
          <queueSize>1024</queueSize>
          <appender-ref ref="FILE"/>
        </appender>
        <appender name="SIFT" class="ch.qos.logback.classic.sift.SiftingAppender">
          <discriminator><key>thread</key><defaultValue>none</defaultValue></discriminator>
          <sift>
            <appender name="FILE-${thread}" class="ch.qos.logback.core.FileAppender">
              <file>${logs}/sift-${thread}.log</file>
              <encoder><pattern>%msg%n</pattern></encoder>
            </appender>
          </sift>
        </appender>
        <logger name="soak" level="INFO" additivity="false">
          <appender-ref ref="SYNC"/>
          <appender-ref ref="ASYNC"/>
          <appender-ref ref="SIFT"/>
        </logger>
      </configuration>
      """;

  @TempDir Path folder;
  private Path logs;
  private Image image;

  @BeforeEach
  void folders() {
    logs = folder.resolve("logs");
    image = new Image(folder.resolve("image"));
  }

  private JvmCommand service(Object... arguments) throws IOException {
    Path configuration = Files.writeString(folder.resolve("logback.xml"), CONFIGURATION);
    JvmCommand command =
        JvmCommand.ofMainClass(LoggingService.class.getName())
            .options("-Xmx256m")
            .property("logs", logs)
            .property("logback.configurationFile", configuration)
            .property("crac.audit", "strict")
            .property("crac.criu.trim", false) // which takes as long as all the rest
            .image(image.folder());
    for (Object argument : arguments) {
      command.arguments(argument.toString());
    }
    return command;
  }

  @Test
  @DisplayName("writes 20,000 events between any two, each once, each thread's own in order")
  @Tag("repeated")
  void million() throws Exception {
    int cycles = TURNS / 4; // in the soak 50, with a million events
    int events = cycles * 20_000;
    RunningProcess process = service(events, cycles, 20_000).start(folder, "original");
    for (int i = 1; i <= cycles; i++) {
      try (RunningProcess checkpointed = process) {
        assertThat(checkpointed.awaitExit()).as(checkpointed.told()).isEqualTo(137);
      }
      process = image.restore().start(folder, "restored" + i);
    }
    Map<String, Integer> counts;
    try (RunningProcess last = process) {
      assertThat(last.awaitExit()).as(last.told()).isZero();
      assertThat(last.output()).contains("restored " + cycles);
      counts = counts(last);
    }
    assertThat(counts.values().stream().mapToInt(Integer::intValue).sum())
        .isGreaterThanOrEqualTo(events);
    assertWhole(List.of("sync.log"), counts);
    assertWhole(List.of("async.log"), counts);
    assertWhole(counts.keySet().stream().map(name -> "sift-" + name + ".log").toList(), counts);
  }

  /** What each thread says that it has logged. */
  private static Map<String, Integer> counts(RunningProcess last) throws IOException {
    Map<String, Integer> counts = new HashMap<>();
    for (String line : last.output().lines().toList()) {
      String[] words = line.split(" ");
      if (words.length == 3 && words[1].equals("logged")) {
        counts.put(words[0], Integer.parseInt(words[2]));
      }
    }
    assertThat(counts).hasSize(LoggingService.THREADS);
    return counts;
  }

  /** Every event once, and each thread's own in order. */
  private void assertWhole(List<String> files, Map<String, Integer> counts) throws IOException {
    Map<String, Integer> next = new HashMap<>();
    for (String file : files) {
      for (String line : Files.readAllLines(logs.resolve(file))) {
        String[] words = line.split(" ");
        assertThat(words).as("%s: %s", file, line).hasSize(2);
        int expected = next.merge(words[0], 1, Integer::sum) - 1;
        assertThat(Integer.parseInt(words[1])).as("%s: %s", file, line).isEqualTo(expected);
      }
    }
    assertThat(next).as("%s", files).isEqualTo(counts);
  }

  @Tag("soak")
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 100, 3000})
  @DisplayName("loses nothing that was logged before by a kill -9 right after the restore")
  void killed(int events) throws Exception {
    try (RunningProcess original =
        service(Long.MAX_VALUE, 1, 5_000, "tell").start(folder, "original")) {
      assertThat(original.awaitExit()).as(original.told()).isEqualTo(137);
    }
    Map<String, Integer> told = new HashMap<>();
    note(told, folder.resolve("original.out"));
    try (RunningProcess restored = image.restore().start(folder, "restored")) {
      awaitLines(restored, "restored 1", events);
      RunningProcess.signal("KILL", restored.below(image.pid()).orElseThrow());
      assertThat(restored.awaitExit()).as(restored.told()).isEqualTo(137);
      note(told, restored.outputFile());
    }
    assertThat(told).hasSize(LoggingService.THREADS);
    Map<String, Integer> written = new HashMap<>();
    note(written, logs.resolve("sync.log"));
    assertNothingMissing(written, told);
    told.keySet()
        .forEach(thread -> assertNothingMissing(sifted(thread), Map.of(thread, told.get(thread))));
  }

  private Map<String, Integer> sifted(String thread) {
    Map<String, Integer> written = new HashMap<>();
    note(written, logs.resolve("sift-" + thread + ".log"));
    return written;
  }

  private static void assertNothingMissing(
      Map<String, Integer> written, Map<String, Integer> told) {
    assertThat(written).hasSameSizeAs(told);
    assertThat(written)
        .allSatisfy(
            (thread, last) -> assertThat(last).as(thread).isGreaterThanOrEqualTo(told.get(thread)));
  }

  /** Notes the last event of each thread, which must have all events before it. */
  private static void note(Map<String, Integer> last, Path file) {
    for (String line : wholeLines(file)) {
      String[] words = line.split(" ");
      if (words.length == 2 && words[0].startsWith("t")) {
        int number = Integer.parseInt(words[1]);
        assertThat(number)
            .as("%s in %s", line, file)
            .isEqualTo(last.getOrDefault(words[0], -1) + 1);
        last.put(words[0], number);
      }
    }
  }

  private static List<String> wholeLines(Path file) {
    try {
      String text = Files.readString(file);
      return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits for so many lines after a certain one. */
  private static void awaitLines(RunningProcess process, String first, int count)
      throws InterruptedException {
    boolean come =
        Deadline.after(LIMIT)
            .await(
                () -> {
                  List<String> lines = wholeLines(process.outputFile());
                  return lines.contains(first) && lines.size() - lines.indexOf(first) > count;
                });
    assertThat(come).as(process.told()).isTrue();
  }
}
