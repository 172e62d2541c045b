/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The signal comes from a command that stands before CRIU, or before what completes the image. */
@Tag("soak")
@RequiresCriu
@DisplayName("A process that somebody stops at its dump goes on when it is restored")
class StoppedIT {

  @TempDir Path folder;

  /** Is there when the signal was sent. */
  private Path stopped;

  @Tag("essential")
  @Test
  @DisplayName("stopped just before CRIU dumps it")
  void beforeCriu() throws Exception {
    Path criu =
        Services.script(
            folder.resolve("criu"),
            "#!/bin/sh",
            "previous=",
            "for word; do",
            "  [ \"$previous\" != --tree ] || { kill -s STOP \"$word\"; : > '" + stopped + "'; }",
            "  previous=$word",
            "done",
            "exec '" + WorkingCriu.here().path() + "' \"$@\"");
    serves(folder, "-Dcrac.criu=" + criu);
  }

  @Test
  @DisplayName("stopped while CRIU holds it")
  void whileHeld() throws Exception {
    Path commands = Files.createDirectory(folder.resolve("commands"));
    Services.script(
        commands.resolve("sync"),
        "#!/bin/sh",
        "kill -s STOP \"$(cat '" + folder.resolve("pid") + "')\" && : > '" + stopped + "'",
        "PATH=${PATH#*:}",
        "exec sync \"$@\"");
    serves(commands);
  }

  @BeforeEach
  void nameTheSign() {
    stopped = folder.resolve("stopped");
  }

  private void serves(Path commands, String... options) throws Exception {
    Path image = folder.resolve("image");
    try (RunningProcess service =
        Services.command(image)
            .options(options)
            .environment("PATH", commands + ":" + System.getenv("PATH"))
            .start(folder, "service")) {
      service.awaitLine("ready");
      Files.writeString(folder.resolve("pid"), Long.toString(service.pid()));
      ask(service, "add 41", "sum=");
      checkpoint(service);
    }
    assertThat(stopped).exists();
    for (int turn = 0; turn < 2; turn++) {
      try (RunningProcess one = restored(new Image(image), folder, "restored" + turn)) {
        assertThat(ask(one, "add 1", "sum=")).isEqualTo("sum=42");
        assertThat(ask(one, "tick", "ticked")).isEqualTo("ticked true");
        end(one);
      }
    }
    Services.assertNothingLeft(folder);
  }
}
