/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@RequiresCriu
@Tag("soak")
@DisplayName("To a restored process")
class TimeIT {

  private static final List<String> WAITS =
      List.of("sleep", "parkNanos", "wait", "poll", "await", "join", "schedule", "timer");

  /** A wait that counted the time between would be over so much too early. */
  private static final int SECONDS_BETWEEN = 4;

  /** How many times as long as the process's start it waits, so that it mostly does at the dump. */
  private static final int STARTS_PER_WAIT = 4;

  private static final long SHORTEST_WAIT_MILLIS = 3000;
  private static final long LONGEST_WAIT_MILLIS = 40_000;

  /**
   * How much later than the process's control a wait may end. The control runs beside it and is
   * held up by the same dump and the same busy machine. A wait that counted the time between would
   * be later by more.
   */
  private static final long SLACK_MILLIS = 3000;

  /** Which clocks the machine shows at the restore that began at its boot. */
  enum Clocks {
    GOING_ON,
    /** As after a reboot. */
    LOWER,
    /** As on another machine that has been up for months longer. */
    HIGHER;

    List<String> command() throws Exception {
      double uptime = Double.parseDouble(Files.readString(Path.of("/proc/uptime")).split(" ")[0]);
      String offset =
          switch (this) {
            case GOING_ON -> "";
            case LOWER -> Long.toString(-(long) uptime + 5);
            case HIGHER -> Long.toString(Duration.ofDays(100).toSeconds());
          };
      return offset.isEmpty()
          ? List.of()
          : List.of(
              "unshare",
              "--time",
              "--monotonic",
              offset,
              "--boottime",
              offset,
              "--fork",
              "--kill-child");
    }
  }

  @TempDir Path folder;

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("the time between does not exist, except on the calendar")
  void between(Clocks clocks) throws Exception {
    Image image = new Image(folder.resolve("image"));
    long wait =
        checkpointWhileWaiting(
            image,
            (original, millis) -> {
              ask(original, "wait " + millis, "waiting");
              checkpoint(original);
              return !original.output().contains(" took");
            });
    try (RunningProcess service = later(image, clocks, "restored")) {
      assertBehaves(service, wait);
      service.send("exit");
      assertThat(service.awaitExit()).as(service.told()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("it does not either after a second checkpoint, taken under other clocks, in a clone")
  void again(Clocks clocks) throws Exception {
    Image image = new Image(folder.resolve("image"));
    Clocks others = clocks == Clocks.HIGHER ? Clocks.LOWER : Clocks.HIGHER;
    long wait =
        checkpointWhileWaiting(
            image,
            (original, millis) -> {
              checkpoint(original);
              String first = "first" + millis;
              try (RunningProcess service = restored(image, others, first, 0, "--clone")) {
                ask(service, "wait " + millis, "waiting");
                checkpoint(service);
                return !service.output().contains(" took");
              }
            });
    try (RunningProcess service = later(image, clocks, "second", "--clone")) {
      assertBehaves(service, wait);
      service.send("exit");
      assertThat(service.awaitExit()).as(service.told()).isZero();
    }
  }

  /** Starts the waits of a process, and takes its checkpoint. */
  private interface Checkpointing {

    /** Whether all waits were still going on when the process was dumped. */
    boolean isWaiting(RunningProcess original, long waitMillis) throws Exception;
  }

  /**
   * Takes an image of a process that waits. How long the way to the dump takes depends on how busy
   * the machine is. Where the waits were over before it, another process waits twice as long.
   */
  private long checkpointWhileWaiting(Image image, Checkpointing checkpointing) throws Exception {
    for (long factor = 1; ; factor *= 2) {
      try (RunningProcess original = command(image.folder()).start(folder, "original" + factor)) {
        long wait = factor * waitMillis(original);
        if (checkpointing.isWaiting(original, wait)) {
          return wait;
        }
        assertThat(2 * wait)
            .as("the next wait, since %d ms were over before the dump", wait)
            .isLessThan(LONGEST_WAIT_MILLIS);
      }
    }
  }

  /** Long enough for a machine that is as busy as it was when the process started. */
  private static long waitMillis(RunningProcess original) throws Exception {
    long start = System.nanoTime();
    original.awaitLine("ready");
    long startMillis = Duration.ofNanos(System.nanoTime() - start).toMillis();
    return Math.max(SHORTEST_WAIT_MILLIS, startMillis * STARTS_PER_WAIT);
  }

  private static void assertBehaves(RunningProcess service, long waitMillis) throws Exception {
    long before = System.currentTimeMillis();
    assertThat(number(ask(service, "wall", "wall"), "wall (\\d+)"))
        .isBetween(before, System.currentTimeMillis());

    long control = number(service.awaitLine("control took"), "took (\\d+)");
    for (String wait : WAITS) {
      long took = number(service.awaitLine(wait + " took"), "took (\\d+)");
      assertThat(took).as(wait).isBetween(waitMillis - 1, control + SLACK_MILLIS);
    }

    String report = ask(service, "report", "report");
    assertThat(report).doesNotContain("some stand still");
    // None is made up for. In the time between, each would have run 80 times.
    long periods = number(report, "ticking=(\\d+)") / TimedService.PERIOD_MILLIS;
    for (String task : List.of("rate", "delay", "timer")) {
      assertThat(number(report, task + "=\\d+/(\\d+)")).as(report).isBetween(1L, periods + 1);
    }
    assertThat(number(report, "backwards=(\\d+)")).isZero();
    assertThat(number(report, "calendar=(\\d+)") - number(report, "clock=(\\d+)"))
        .as("what the calendar has counted and System.nanoTime has not: " + report)
        .isGreaterThanOrEqualTo(SECONDS_BETWEEN * 1000L - 1);

    service.send("tcp");
    for (String call : List.of("read", "accept", "connect")) {
      String line = service.awaitLine(call + " ");
      assertThat(number(line, "took (\\d+)"))
          .as(call)
          .isBetween(TimedService.TCP_MILLIS - 1L, number(line, "control (\\d+)") + SLACK_MILLIS);
    }
  }

  private static long number(String line, String pattern) {
    Matcher matcher = Pattern.compile(pattern).matcher(line);
    assertThat(matcher.find()).as(line).isTrue();
    return Long.parseLong(matcher.group(1));
  }

  private static JvmCommand command(Path image) {
    return JvmCommand.ofMainClass(TimedService.class.getName())
        .without("logback")
        .options("-Xmx256m")
        .property("crac.criu.trim", false)
        .image(image);
  }

  private RunningProcess later(Image image, Clocks clocks, String name, String... options)
      throws Exception {
    return restored(image, clocks, name, SECONDS_BETWEEN, options);
  }

  private RunningProcess restored(
      Image image, Clocks clocks, String name, int seconds, String... options) throws Exception {
    List<String> by = new ArrayList<>(clocks.command());
    by.addAll(List.of("sh", "-c", "sleep " + seconds + "; exec \"$@\"", "caller"));
    RunningProcess service =
        image.restore(options).by(by.toArray(String[]::new)).start(folder, name);
    service.awaitLine("restored ");
    return service;
  }
}
