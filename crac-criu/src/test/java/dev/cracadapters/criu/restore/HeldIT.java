/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The completion of the image is held in commands of the test's own, such as a sync. */
@Tag("soak")
@RequiresCriu
@DisplayName("A process that is dumped is held until its image is whole")
class HeldIT {

  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir Path folder;
  private Path image;
  private Path commands;

  /** Is there as long as the completion is held. */
  private Path hold;

  /** Is there once it is held, with the PID of the dump script in it. */
  private Path reached;

  /** An older image, which nothing that fails may harm. */
  @BeforeEach
  void anOlderImage() throws Exception {
    image = Services.checkpointed(folder).folder();
    commands = Files.createDirectory(folder.resolve("commands"));
    hold = Files.createFile(folder.resolve("hold"));
    reached = folder.resolve("reached");
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
    assertThat(Services.names(image)).isEqualTo(Image.NAMES);
  }

  private RunningProcess service(String... options) throws Exception {
    RunningProcess service =
        Services.command(image, options)
            .environment("PATH", commands + ":" + System.getenv("PATH"))
            .start(folder, "service");
    service.awaitLine("ready");
    ask(service, "add 7", "sum=7");
    return service;
  }

  /** What the dump script calls by this name does something before. */
  private void before(String command, String... lines) throws Exception {
    Services.script(
        commands.resolve(command),
        "#!/bin/sh",
        String.join("\n", lines),
        "PATH=${PATH#*:}",
        "exec " + command + " \"$@\"");
  }

  private void holdTheCompletion() throws Exception {
    before(
        "sync",
        "echo $PPID > '" + reached + ".new' && mv '" + reached + ".new' '" + reached + "'",
        "while [ -e '" + hold + "' ]; do sleep 0.01; done");
  }

  private void awaitHeld() throws Exception {
    assertThat(Deadline.after(LIMIT).await(() -> Files.exists(reached))).isTrue();
  }

  /** All its threads are in a tracer's stop. */
  private static void assertStandsStill(long pid) throws Exception {
    try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
      assertThat(threads.map(thread -> state(thread)).distinct()).containsExactly('t');
    }
  }

  private static char state(Path thread) {
    try {
      String stat = Files.readString(thread.resolve("stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long criuOf(RunningProcess service) throws Exception {
    return Files.readAllLines(Path.of("/proc/" + service.pid() + "/status")).stream()
        .filter(line -> line.startsWith("TracerPid:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }

  private static void goesOn(RunningProcess service) throws Exception {
    assertThat(ask(service, "add 1", "sum=8")).isEqualTo("sum=8");
    assertThat(ask(service, "tick", "ticked")).isEqualTo("ticked true");
    assertThat(ask(service, "state", "state")).contains("calls=[-high, -low, +low, +high]");
  }

  private void theImageIs(String sum) throws Exception {
    try (RunningProcess check =
        RunningProcess.start(
            List.of(image.resolve("restore").toString(), "--check"),
            java.util.Map.of(),
            folder,
            "check")) {
      assertThat(check.awaitExit()).as(check.told()).isZero();
    }
    try (RunningProcess one = restored(new Image(image), folder, "one")) {
      assertThat(ask(one, "add 1", "sum=")).isEqualTo(sum);
      end(one);
    }
  }

  private void theOlderImageIsThere() throws Exception {
    theImageIs("sum=42");
  }

  private void theNewImageIsThere() throws Exception {
    theImageIs("sum=8");
  }

  @Tag("essential")
  @Test
  @DisplayName("whoever sends it CONT, HUP or TERM")
  void signals() throws Exception {
    holdTheCompletion();
    try (RunningProcess service = service()) {
      service.send("checkpoint");
      awaitHeld();
      assertStandsStill(service.pid());
      for (String signal : List.of("HUP", "TERM", "CONT")) {
        service.signal(signal);
        assertStandsStill(service.pid());
      }
      Files.delete(hold);
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(137);
      assertThat(service.output()).doesNotContain("shutdown hook");
    }
    theNewImageIsThere();
  }

  @Test
  @DisplayName("and goes on then where it is left running, as those who sent it a signal wish")
  void leftRunning() throws Exception {
    holdTheCompletion();
    try (RunningProcess service = service()) {
      service.send("image " + image);
      awaitHeld();
      service.signal("CONT");
      service.signal("TERM");
      assertStandsStill(service.pid());
      Files.delete(hold);
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(143);
      assertThat(service.output()).contains("shutdown hook");
    }
    theNewImageIsThere();
  }

  @Test
  @DisplayName("on a slow disk, too, of which it waits for less than its limit")
  void slowDisk() throws Exception {
    before("sync", "sleep 3");
    try (RunningProcess service = service()) {
      checkpoint(service);
    }
    theNewImageIsThere();
  }

  @Tag("essential")
  @Test
  @DisplayName("or cannot become whole: then it goes on and says why, once and in one's words")
  void incomplete() throws Exception {
    before("awk", "echo 'awk: out of order' >&2; exit 1");
    try (RunningProcess service = service()) {
      String refusal = ask(service, "checkpoint", "refused");
      assertThat(refusal)
          .contains("CRIU: the standard streams could not be edited in the image")
          .contains("It said: awk: out of order")
          .doesNotContain("action", "exit status", "Dumping FAILED");
      goesOn(service);
      Files.delete(commands.resolve("awk"));
      checkpoint(service);
    }
    theImageIs("sum=9");
  }

  @Test
  @DisplayName("or CRIU is killed meanwhile: then it goes on at once and says so, without an image")
  void criuKilled() throws Exception {
    holdTheCompletion();
    try (RunningProcess service = service()) {
      service.send("checkpoint");
      awaitHeld();
      RunningProcess.signal("KILL", criuOf(service));
      assertThat(service.awaitLine("refused"))
          .contains("CRIU: criu dump was killed while the image was being completed");
      goesOn(service);
      Files.delete(hold);
      theOlderImageIsThere();
      checkpoint(service);
    }
    theImageIs("sum=9");
  }

  @Test
  @DisplayName("or the dump script is killed meanwhile: then it goes on and says so")
  void scriptKilled() throws Exception {
    holdTheCompletion();
    try (RunningProcess service = service()) {
      service.send("checkpoint");
      awaitHeld();
      RunningProcess.signal("KILL", Long.parseLong(Files.readString(reached).strip()));
      Files.delete(hold);
      assertThat(service.awaitLine("refused")).contains("CRIU: the dump script was killed");
      goesOn(service);
      end(service);
    }
    theOlderImageIsThere();
  }

  @Tag("essential")
  @Test
  @DisplayName("which it becomes even if it is killed itself meanwhile")
  void killed() throws Exception {
    holdTheCompletion();
    try (RunningProcess service = service()) {
      service.send("checkpoint");
      awaitHeld();
      service.signal("KILL");
      Files.delete(hold);
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(137);
    }
    Services.assertNothingLeft(folder);
    theNewImageIsThere();
  }

  @Test
  @DisplayName("and is ended even if CRIU is killed when the image is moved in place")
  void criuKilledLate() throws Exception {
    Path pid = folder.resolve("pid");
    before(
        "mv",
        "[ \"$1\" != restore ] ||",
        "  kill -KILL \"$(sed -n 's/^TracerPid:[^0-9]*//p' \"/proc/$(cat '"
            + pid
            + "')/status\")\"");
    try (RunningProcess service = service()) {
      Files.writeString(pid, Long.toString(service.pid()));
      service.send("checkpoint");
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(137);
      assertThat(service.output()).doesNotContain("shutdown hook", "refused");
    }
    theNewImageIsThere();
  }
}
