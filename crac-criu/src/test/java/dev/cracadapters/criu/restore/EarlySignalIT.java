/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** At each of its commands until the process is up. */
@Tag("soak")
@RequiresCriu
@DisplayName("A restore that gets a signal")
class EarlySignalIT {

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
  @CsvSource({
    "sha256sum, HUP, 129",
    "sha256sum, INT, 130",
    "sha256sum, QUIT, 131",
    "sha256sum, USR1, 138",
    "sha256sum, USR2, 140",
    "sha256sum, TERM, 143",
    "stat, HUP, 129",
    "stat, TERM, 143",
    "mkfifo, HUP, 129",
    "mkfifo, TERM, 143"
  })
  @DisplayName("ends with its status, and leaves nothing")
  void ended(String command, String signal, int status) throws Exception {
    RunningProcess restore = signalled(command, signal);
    try (restore) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(status);
    }
    assertThat(leftInTmp()).isEmpty();
    try (RunningProcess service = restored(image, folder, "after")) {
      end(service);
    }
  }

  @Test
  @DisplayName("and starts once more has it for the process, whatever it finds then")
  void again() throws Exception {
    // By itself it would do so for an ID that is just being freed.
    try (RunningProcess restore =
        image
            .restore()
            .by(
                "sh",
                "-c",
                "script=$1; shift; exec sh \"$script\" --again \" HUP\" \"$@\" 7< /proc/$$/environ",
                "again")
            // In which nothing is safe early.
            .environment("TMPDIR", folder + "/.")
            .start(folder, "again")) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(129);
      assertThat(restore.output()).contains("shutdown hook"); // of the process
    }
  }

  private RunningProcess signalled(String command, String signal) throws Exception {
    Path commands = Files.createDirectories(folder.resolve("at-" + command));
    Path script = folder.resolve("script");
    Services.script(
        commands.resolve(command),
        "#!/bin/sh",
        "kill -s " + signal + " \"$(cat '" + script + "')\"",
        "PATH=${PATH#*:}",
        "exec " + command + " \"$@\"");
    return image
        .restore()
        .by("sh", "-c", "echo $$ > '" + script + "'; exec \"$@\"", "caller")
        .environment("TMPDIR", "")
        .environment("PATH", commands + ":" + System.getenv("PATH"))
        .start(folder, "at-" + command + "-" + signal);
  }

  private static List<String> leftInTmp() throws Exception {
    return Services.names(Path.of("/tmp")).stream()
        .filter(name -> name.startsWith("crac-restore."))
        .toList();
  }
}
