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
    // Where init does not reap, the PID stays taken.
    try (RunningProcess next = restored(image, folder, "next", "--clone")) {
      assertThat(ask(next, "add 1", "sum=")).isEqualTo("sum=42");
      end(next);
    }
  }

  /** A restore whose CRIU kills something at one stage. */
  private RunningProcess restore(String stage, String victim) throws Exception {
    Path hook =
        Services.script(
            folder.resolve("hook"),
            "#!/bin/sh",
            "[ \"$CRTOOLS_SCRIPT_ACTION\" != " + stage + " ] || kill -KILL " + victim);
    Path criu =
        Services.script(
            folder.resolve("criu"),
            "#!/bin/sh",
            "[ " + stage + " != start ] || kill -KILL " + victim.replace("$PPID", "$$"),
            // Options end where the command that CRIU is to run begins.
            "shift",
            "exec '"
                + WorkingCriu.here().path()
                + "' restore --action-script '"
                + hook
                + "' \"$@\"");
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
