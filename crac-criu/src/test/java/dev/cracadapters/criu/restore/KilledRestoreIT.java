/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each stage is one that CRIU tells its action scripts, but for the first and the last. */
@RequiresCriu
@Tag("soak")
@DisplayName("A restore in which kill -9 ends")
class KilledRestoreIT {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir Path folder;
  private Image image;

  @BeforeEach
  void anImage() throws Exception {
    image = Services.checkpointed(folder);
  }

  @AfterEach
  void nothingIsLeftAndTheImageRestores() throws Exception {
    long pid = image.pid();
    assertThat(Deadline.after(LIMIT).await(() -> !Services.lives(pid)))
        .as("the process %d has ended", pid)
        .isTrue();
    Services.assertNothingLeft(folder);
    assertThat(Services.names(Path.of("/tmp/hsperfdata_root")))
        .noneMatch(name -> name.startsWith("restore-" + pid));
    // Where init does not reap, the PID stays taken.
    try (RunningProcess next = restored(image, folder, "next", "--clone")) {
      assertThat(ask(next, "add 1", "sum=")).isEqualTo("sum=42");
      end(next);
    }
  }

  /** A CRIU that runs something first, and something else at one of its stages. */
  private Path criu(String first, String stage, String... then) throws IOException {
    Path hook =
        Services.script(
            folder.resolve("hook"),
            "#!/bin/sh",
            "[ \"$CRTOOLS_SCRIPT_ACTION\" = " + stage + " ] || exit 0",
            String.join("\n", then));
    return Services.script(
        folder.resolve("criu"),
        "#!/bin/sh",
        first,
        // Options end where the command that CRIU is to run begins.
        "shift",
        "exec '" + WorkingCriu.here().path() + "' restore --action-script '" + hook + "' \"$@\"");
  }

  /** A restore whose CRIU kills something at one stage. */
  private RunningProcess restore(String stage, String victim) throws Exception {
    String first = "[ " + stage + " != start ] || kill -KILL " + victim.replace("$PPID", "$$");
    Path criu = criu(first, stage, "kill -KILL " + victim);
    return image
        .restore()
        .environment("CRAC_CRIU", criu.toString())
        .by("sh", "-c", "echo $$ > '" + folder.resolve("pid") + "'; exec \"$@\"", "caller")
        .start(folder, "killed");
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"start", "pre-restore", "post-restore", "pre-resume", "post-resume"})
  @DisplayName("CRIU fails with a reason and leaves nothing behind, at its")
  void criu(String stage) throws Exception {
    try (RunningProcess killed = restore(stage, "$PPID")) {
      if (stage.equals("post-resume") && killed.awaitLineOrExit("restored ").isPresent()) {
        // Then the process lives already, and is none the worse for it.
        assertThat(ask(killed, "add 1", "sum=")).isEqualTo("sum=42");
        killed.send("exit 0");
        // Its status is init's to know, unless init does not reap it.
        assertThat(killed.awaitExit()).as(killed.told()).isIn(0, 125);
        return;
      }
      assertThat(killed.awaitExit()).as(killed.told()).isEqualTo(125);
      assertThat(killed.error()).contains("restore: ");
      assertThat(killed.output()).doesNotContain("restored");
    }
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"start", "pre-restore", "post-restore", "pre-resume", "post-resume"})
  @DisplayName("the restore script ends what it had begun, at CRIU's")
  void script(String stage) throws Exception {
    try (RunningProcess killed = restore(stage, "$(cat '" + folder.resolve("pid") + "')")) {
      assertThat(killed.awaitExit()).as(killed.told()).isEqualTo(137);
    }
  }

  /** There bash is what CRIU becomes. */
  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"post-restore", "post-resume"})
  @DisplayName("the restore script ends what it had begun, where sh is bash, at CRIU's")
  void scriptOfBash(String stage) throws Exception {
    String victim = "kill -KILL $(cat '" + folder.resolve("pid") + "')";
    String caller =
        "mount --bind \"$(command -v bash)\" \"$(readlink -f /bin/sh)\" && echo $$ > '"
            + folder.resolve("pid")
            + "' && exec \"$@\"";
    try (RunningProcess killed =
        image
            .restore()
            .environment("CRAC_CRIU", criu(":", stage, victim).toString())
            .by("unshare", "--mount", "bash", "-c", caller, "caller")
            .start(folder, "killed")) {
      assertThat(killed.awaitExit()).as(killed.told()).isEqualTo(137);
    }
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"", "--clone"})
  @DisplayName("the shell that is its parent costs the process nothing but its exit status, with")
  void parent(String options) throws Exception {
    try (RunningProcess service =
        restored(
            image, folder, "service", options.isEmpty() ? new String[0] : options.split(" "))) {
      RunningProcess.signal("KILL", parent());
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      service.send("exit 3");
      if (service.awaitExit() != 3) { // init was faster, or a clone's script, which is its init
        assertThat(service.awaitExit()).as(service.told()).isEqualTo(125);
        assertThat(service.error()).contains("the exit status of the process is lost");
      }
    }
  }

  private long parent() {
    String work = folder.resolve("crac-").toString();
    return ProcessHandle.allProcesses()
        .mapToLong(ProcessHandle::pid)
        .filter(
            pid -> {
              try {
                String line = Files.readString(Path.of("/proc/" + pid + "/cmdline"));
                return line.contains("\0crac-parent\0" + work);
              } catch (IOException e) {
                return false; // it has ended
              }
            })
        .findFirst()
        .orElseThrow();
  }

  /** As one that reads the script's output to its end, and only then waits for the script. */
  @Tag("essential")
  @Test
  @DisplayName("the restore script ends what it had begun, though its caller does not reap it yet")
  void notReaped() throws Exception {
    Path reap = folder.resolve("reap");
    Path script = folder.resolve("pid");
    // When the image has been verified, and the script's watch runs beside CRIU.
    Path criu =
        criu(
            ":",
            "post-restore",
            "script=$(cat '" + script + "') turns=0",
            "until tail -c 4 '" + folder + "'/crac-restore.*/mailbox | grep -q end &&",
            "  [ $(cat /proc/$script/task/$script/children | wc -w) -eq 2 ]; do",
            "  sleep 0.01",
            "  turns=$((turns + 1))",
            "  [ $turns -lt 1000 ] || exit",
            "done",
            "kill -KILL $script");
    String caller =
        """
        my ($pid, $reap) = (shift, shift);
        my $child = fork // die;
        if (!$child) { open my $file, '>', $pid; print $file $$; close $file; exec @ARGV; die }
        select undef, undef, undef, 0.01 until -e $reap;
        waitpid $child, 0;
        """;
    try (RunningProcess killed =
        image
            .restore()
            .environment("CRAC_CRIU", criu.toString())
            .by("perl", "-e", caller, script.toString(), reap.toString())
            .start(folder, "killed")) {
      assertThat(Deadline.after(LIMIT).await(() -> hasEnded(script))).isTrue();
      assertThat(Deadline.after(LIMIT).await(() -> !hasFolder())).as("its folder is gone").isTrue();
      Files.createFile(reap);
      assertThat(killed.awaitExit()).as(killed.told()).isZero();
    }
  }

  private static boolean hasEnded(Path pid) {
    try {
      String number = Files.readString(pid);
      return !number.isEmpty() && !Services.lives(Long.parseLong(number));
    } catch (IOException e) {
      return false; // it is not there yet
    }
  }

  private boolean hasFolder() {
    try {
      return Services.names(folder).stream().anyMatch(name -> name.startsWith("crac-restore"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As where it was finding out about the kernel, which it does by processes of its own. */
  @Tag("essential")
  @Test
  @DisplayName("CRIU alone was killed, and what it had started is ended")
  void childOfCriu() throws Exception {
    Path pid = folder.resolve("child");
    Path criu = Services.criuThatLeavesAChild(folder, "restore", pid);
    try (RunningProcess killed =
        image.restore().environment("CRAC_CRIU", criu.toString()).start(folder, "killed")) {
      assertThat(killed.awaitExit()).as(killed.told()).isEqualTo(125);
    }
    long child = Long.parseLong(Files.readString(pid).strip());
    assertThat(Services.lives(child)).isFalse();
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"post-restore", "pre-resume", "post-resume"})
  @DisplayName("the JVM is told as the process's end, at CRIU's")
  void jvm(String stage) throws Exception {
    try (RunningProcess killed = restore(stage, Long.toString(image.pid()))) {
      assertThat(killed.awaitExit()).as(killed.told()).isIn(125, 137);
      assertThat(killed.error()).contains("restore: ");
    }
  }

  @Test
  @DisplayName("the JVM in service is told by its exit status")
  void jvmInService() throws Exception {
    try (RunningProcess service = restored(image, folder, "service")) {
      RunningProcess.signal("KILL", image.pid());
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(137);
    }
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"", "--clone", "--clone --net"})
  @DisplayName("the restore script ends the process, in service with")
  void scriptInService(String options) throws Exception {
    try (RunningProcess service =
        image
            .restore(options.isEmpty() ? new String[0] : options.split(" "))
            // A standard input that does not end with the script.
            .by(
                "sh",
                "-c",
                "mkfifo \"$0\" && exec \"$@\" <> \"$0\"",
                folder.resolve("in").toString())
            .start(folder, "service")) {
      service.awaitLine("restored ");
      RunningProcess.signal("KILL", service.pid());
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(137);
    }
  }
}
