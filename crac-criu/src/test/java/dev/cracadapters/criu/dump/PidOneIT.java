/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@RequiresCriu
@Tag("soak")
@DisplayName("As PID 1 of a container a restore")
class PidOneIT {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir static Path folder;
  private static Image image;

  @BeforeAll
  static void takeACheckpoint() throws Exception {
    image = Services.checkpointed(folder);
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sh", "bash", "clone"})
  @DisplayName("reaps what the process's children leave behind, while the service runs")
  void reaps(String how) throws Exception {
    try (RunningProcess container = container(image, "reaps-" + how, how)) {
      long one = pidOne(container);
      for (int turn = 0; turn < 3; turn++) {
        // The child ends at once; its own child is adopted by PID 1, and ends a little later.
        assertThat(ask(container, "spawn (sleep 0." + turn + " && exit 3) & exit 0", "spawned"))
            .isEqualTo("spawned 0");
      }
      ask(container, "spawn sleep 0.3", "spawned 0");
      assertThat(Deadline.after(LIMIT).await(() -> zombies(one).isEmpty())).as("reaped").isTrue();
      assertThat(ask(container, "add 1", "sum=")).isEqualTo("sum=42");
      container.send("exit 7");
      assertThat(container.awaitExit()).as(container.told()).isEqualTo(7);
    }
  }

  @ParameterizedTest
  @CsvSource({"TERM, 143", "INT, 130", "HUP, 129"})
  @DisplayName("passes the signals on, and ends as the process does")
  void signals(String signal, int status) throws Exception {
    try (RunningProcess container = container(image, "signal" + signal, "sh")) {
      RunningProcess.signal(signal, pidOne(container));
      assertThat(container.awaitExit()).as(container.told()).isEqualTo(status);
      assertThat(container.output()).contains("shutdown hook");
    }
  }

  @Test
  @DisplayName("passes QUIT on, of which the JVM prints its threads")
  void quit() throws Exception {
    try (RunningProcess container = container(image, "quit", "sh")) {
      RunningProcess.signal("QUIT", pidOne(container));
      container.awaitLine("Full thread dump");
      assertThat(ask(container, "add 1", "sum=")).isEqualTo("sum=42");
      end(container);
    }
  }

  @Test
  @DisplayName("ends with status 137 when the process is killed")
  @Tag("essential")
  void killed() throws Exception {
    try (RunningProcess container = container(image, "killed", "sh")) {
      RunningProcess.signal("KILL", container.below(image.pid()).orElseThrow());
      assertThat(container.awaitExit()).as(container.told()).isEqualTo(137);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  @DisplayName("restores a process that was itself made in a young container, with low IDs")
  void lowIds(boolean readOnly) throws Exception {
    Path mine = Files.createDirectory(folder.resolve("low" + readOnly));
    List<String> words = new ArrayList<>(List.of("sh", "-c", "\"$@\"; exit $?", "init"));
    words.addAll(Services.command(mine.resolve("image")).words());
    words.addAll(0, unshare());
    try (RunningProcess original = RunningProcess.start(words, Map.of(), mine, "original")) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=41");
      original.send("checkpoint");
      assertThat(original.awaitExit()).as(original.told()).isEqualTo(137);
    }
    Image low = new Image(mine.resolve("image"));
    assertThat(low.pid()).isLessThan(100);
    String protect = readOnly ? "mount -o bind,ro /proc/sys /proc/sys && " : "";
    for (int turn = 0; turn < 3; turn++) {
      List<String> by = new ArrayList<>(unshare());
      by.addAll(List.of("sh", "-c", protect + "exec \"$@\"", "caller"));
      try (RunningProcess container =
          low.restore().by(by.toArray(String[]::new)).start(mine, "restored" + turn)) {
        container.awaitLine("restored");
        assertThat(ask(container, "add 1", "sum=")).isEqualTo("sum=42");
        end(container);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 12, 25, 60, 120})
  @DisplayName("does not take the IDs that the process's threads want back, where they come next")
  void idsThatComeNext(int before) throws Exception {
    List<String> by = new ArrayList<>(unshare());
    by.addAll(
        List.of(
            "sh",
            "-c",
            "echo $((%d - %d)) > /proc/sys/kernel/ns_last_pid; exec \"$@\""
                .formatted(image.pid(), before),
            "caller"));
    try (RunningProcess container =
        image.restore().by(by.toArray(String[]::new)).start(folder, "next" + before)) {
      container.awaitLine("restored");
      assertThat(ask(container, "add 1", "sum=")).isEqualTo("sum=42");
      end(container);
    }
  }

  @Test
  @DisplayName("restores a process that led no session, where the restore's session began outside")
  void job() throws Exception {
    Path mine = Files.createDirectory(folder.resolve("job"));
    // The shell leads the session, and is not java's process: there is something to do after it.
    List<String> words = new ArrayList<>(List.of("setsid", "sh", "-c", "\"$@\"; exit $?", "shell"));
    words.addAll(Services.command(mine.resolve("image")).java());
    try (RunningProcess original = RunningProcess.start(words, Map.of(), mine, "original")) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=41");
      original.send("checkpoint");
      assertThat(original.awaitExit()).as(original.told()).isEqualTo(137);
    }
    try (RunningProcess container = container(new Image(mine.resolve("image")), "job", "sh")) {
      assertThat(ask(container, "add 1", "sum=")).isEqualTo("sum=42");
      end(container);
    }
  }

  private static List<String> unshare() {
    return List.of("unshare", "--pid", "--mount", "--fork", "--mount-proc", "--kill-child");
  }

  private static RunningProcess container(Image image, String name, String how) throws Exception {
    List<String> by = new ArrayList<>();
    if (!how.equals("clone")) {
      by.addAll(unshare());
    }
    if (how.equals("bash")) {
      by.addAll(
          List.of(
              "sh",
              "-c",
              "mount --bind \"$(command -v bash)\" \"$(readlink -f /bin/sh)\" && exec \"$@\"",
              "caller"));
    }
    String[] options = how.equals("clone") ? new String[] {"--clone"} : new String[0];
    RunningProcess container =
        image.restore(options).by(by.toArray(String[]::new)).start(folder, name);
    try {
      container.awaitLine("restored ");
      return container;
    } catch (AssertionError e) {
      container.close();
      throw e;
    }
  }

  private static long pidOne(RunningProcess container) {
    return container.below(1).orElseThrow();
  }

  /** The dead children of a process that it has not reaped. */
  private static List<String> zombies(long parent) {
    try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
      return processes
          .filter(one -> one.getFileName().toString().matches("\\d+"))
          .map(PidOneIT::stat)
          .filter(stat -> stat.matches("\\d+ \\(.*\\) Z " + parent + " .*"))
          .toList();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static String stat(Path process) {
    try {
      return Files.readString(process.resolve("stat")).strip();
    } catch (IOException e) {
      return ""; // it has just ended
    }
  }
}
