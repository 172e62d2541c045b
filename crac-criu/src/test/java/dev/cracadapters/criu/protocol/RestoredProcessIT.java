/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protocol;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("soak")
@RequiresCriu
@DisplayName("A restored process")
class RestoredProcessIT {

  /** A folder with an umlaut, for which a POSIX locale has no letter. */
  private static final String UMLAUT = "$(printf 'im\\303\\244ge')";

  @TempDir static Path folder;
  private static Image image;

  @BeforeAll
  static void takeACheckpoint() throws Exception {
    Path target = folder.resolve("image");
    try (RunningProcess original =
        RunningProcess.start(
            Services.command(target).words(), Map.of("LC_ALL", "C"), folder, "original")) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=");
      checkpoint(original);
    }
    image = new Image(target);
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  private static RunningProcess shell(String name, String commands) throws Exception {
    return RunningProcess.start(
        List.of("sh", "-e", "-c", commands, "sh", folder.toString()), Map.of(), folder, name);
  }

  @Tag("essential")
  @Test
  @DisplayName(
      "comes up from an image, and with a TMPDIR, whose path its locale has no letters for")
  void umlaut() throws Exception {
    String there = "\"$1/" + UMLAUT + "\"";
    try (RunningProcess copy = shell("copy", "cp -a \"$1/image\" " + there)) {
      assertThat(copy.awaitExit()).as(copy.told()).isZero();
    }
    try (RunningProcess service =
        shell(
            "restored",
            "mkdir "
                + there
                + "/tmp; export TMPDIR="
                + there
                + "/tmp; exec "
                + there
                + "/restore")) {
      service.awaitLine("restored ");
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
    }
    try (RunningProcess list = shell("list", "ls -A " + there + "/tmp; rm -r " + there)) {
      assertThat(list.awaitExit()).as(list.told()).isZero();
      assertThat(list.output()).isEmpty();
    }
  }

  @Tag("essential")
  @ParameterizedTest
  @CsvSource({
    "lifeline, rm \"$at/lifeline\", /lifeline",
    "mail, printf 'restored\\0nonsense\\0' > \"$at/mailbox\", IndexOutOfBounds",
    "nowhere, printf 'restored\\0events=\\0' > \"$at/mailbox\", ''"
  })
  @DisplayName(
      "that cannot come up says why and ends, and does not serve as the one before the checkpoint")
  void lost(String name, String mischief, String reason) throws Exception {
    Path commands = Files.createDirectory(folder.resolve("commands-" + name));
    Services.script(
        commands.resolve("sha256sum"), // which is called at first, and when the FIFOs are there
        "#!/bin/sh",
        "for at in \"$TMPDIR\"/crac-restore.*; do [ ! -p \"$at/lifeline\" ] || "
            + mischief
            + "; done",
        "exec /usr/bin/sha256sum \"$@\"");
    try (RunningProcess restore =
        image
            .restore()
            .environment("PATH", commands + ":" + System.getenv("PATH"))
            .start(folder, "lost-" + name)) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.output()).isEmpty();
      assertThat(restore.error())
          .contains(
              reason.isEmpty()
                  ? "the process ended before it was back in service"
                  : "restore: the process cannot go on here: ")
          .contains(reason);
    }
    assertThat(Path.of("/proc/" + image.pid())).doesNotExist();
  }
}
