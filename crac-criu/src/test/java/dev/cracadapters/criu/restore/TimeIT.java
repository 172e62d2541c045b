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
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@RequiresCriu
@DisplayName("To a restored process")
class TimeIT {

  private static final List<String> WAITS =
      List.of("sleep", "parkNanos", "wait", "poll", "await", "join", "schedule", "timer");

  /** Longer than the process waits, so that a wait that counted it would be over at once. */
  private static final int SECONDS_BETWEEN = 4;

  /** For what the dump, the restore and a busy machine may take. */
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
    try (RunningProcess original = command(image.folder()).start(folder, "original")) {
      original.awaitLine("ready");
      ask(original, "wait", "waiting");
      checkpoint(original);
    }
    try (RunningProcess service = later(image, clocks, "restored")) {
      assertBehaves(service);
      service.send("exit");
      assertThat(service.awaitExit()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("it does not either after a second checkpoint, taken under other clocks, in a clone")
  void again(Clocks clocks) throws Exception {
    Image image = new Image(folder.resolve("image"));
    try (RunningProcess original = command(image.folder()).start(folder, "original")) {
      original.awaitLine("ready");
      checkpoint(original);
    }
    Clocks others = clocks == Clocks.HIGHER ? Clocks.LOWER : Clocks.HIGHER;
    try (RunningProcess service = restored(image, others, "first", 0, "--clone")) {
      ask(service, "wait", "waiting");
      checkpoint(service);
    }
    try (RunningProcess service = later(image, clocks, "second", "--clone")) {
      assertBehaves(service);
      service.send("exit");
      assertThat(service.awaitExit()).isZero();
    }
  }

  private static void assertBehaves(RunningProcess service) throws Exception {
    long wall = number(ask(service, "wall", "wall"), "wall (\\d+)");
    assertThat(wall).isCloseTo(System.currentTimeMillis(), within(SLACK_MILLIS));

    for (String wait : WAITS) {
      long took = number(service.awaitLine(wait + " took"), "took (\\d+)");
      assertThat(took)
          .as(wait)
          .isBetween(TimedService.WAIT.toMillis() - 1, TimedService.WAIT.toMillis() + SLACK_MILLIS);
    }

    String report = ask(service, "report", "report");
    long periods = number(report, "since=(\\d+)") / TimedService.PERIOD_MILLIS;
    assertThat(periods).isPositive();
    for (String task : List.of("rate", "delay", "timer")) {
      assertThat(number(report, task + "=(\\d+)")).as(report).isBetween(periods / 4, periods + 5);
    }
    // A java.util.Timer at a fixed rate goes by the calendar, and catches up.
    assertThat(number(report, "wall=(\\d+)"))
        .as(report)
        .isGreaterThanOrEqualTo(SECONDS_BETWEEN * 1000L / TimedService.PERIOD_MILLIS);
    assertThat(number(report, "backwards=(\\d+)")).isZero();
    assertThat(number(report, "longest=(\\d+)")).as(report).isLessThan(SLACK_MILLIS);

    service.send("tcp");
    for (String call : List.of("read", "accept", "connect")) {
      assertThat(number(service.awaitLine(call + " "), "took (\\d+)"))
          .as(call)
          .isBetween(299L, SLACK_MILLIS);
    }
  }

  private static org.assertj.core.data.Offset<Long> within(long millis) {
    return org.assertj.core.data.Offset.offset(millis);
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
