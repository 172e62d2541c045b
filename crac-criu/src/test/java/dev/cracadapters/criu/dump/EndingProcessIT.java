/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Between an image's coming to its place and the end of its process lies the end of CRIU. */
@RequiresCriu
@Tag("soak")
@DisplayName("A restore whose image is in its place already")
class EndingProcessIT {

  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir Path folder;

  private static String path(Path first) {
    return first + ":" + System.getenv("PATH");
  }

  /**
   * The dump waits after its folder has gone, and the restore says by its first sleep that it
   * waits.
   */
  @ParameterizedTest(name = "the process was restored before: {0}")
  @ValueSource(booleans = {false, true})
  @DisplayName("waits until the process that it is of has ended")
  void waits(boolean wasRestored) throws Exception {
    Path image = folder.resolve("image");
    Path held = folder.resolve("held");
    Path goOn = folder.resolve("go-on");
    Path slept = folder.resolve("slept");
    Path dumps = Files.createDirectory(folder.resolve("dumps"));
    Path restores = Files.createDirectory(folder.resolve("restores"));
    try (RunningProcess first =
        Services.command(image).environment("PATH", path(dumps)).start(folder, "first")) {
      first.awaitLine("ready");
      ask(first, "add 7", "sum=7");
      if (wasRestored) {
        checkpoint(first);
      }
      try (RunningProcess service =
          wasRestored
              ? new Image(image).restore().environment("PATH", path(dumps)).start(folder, "second")
              : first) {
        if (wasRestored) {
          service.awaitLine("restored ");
        }
        Services.script(
            dumps.resolve("rm"),
            "#!/bin/sh",
            "PATH=${PATH#*:}",
            "case $*-$(cat scripts 2> /dev/null) in *.new-*-[0-9]*) ;; *) exec rm \"$@\" ;; esac",
            "rm \"$@\"",
            "echo > '%s'".formatted(held),
            "until [ -e '%s' ]; do sleep 0.01; done".formatted(goOn));
        service.send("checkpoint");
        assertThat(Deadline.after(LIMIT).await(() -> Files.exists(held))).isTrue();

        Services.script(
            restores.resolve("sleep"),
            "#!/bin/sh",
            "PATH=${PATH#*:}",
            "echo > '%s'".formatted(slept),
            "exec sleep \"$@\"");
        try (RunningProcess restore =
            new Image(image)
                .restore()
                .environment("PATH", path(restores))
                .start(folder, "restore")) {
          Deadline.after(LIMIT).await(() -> Files.exists(slept) || !restore.isAlive());
          assertThat(restore.isAlive()).as(restore.told()).isTrue();
          Files.createFile(goOn);
          restore.awaitLine("restored ");
          assertThat(ask(restore, "add 1", "sum=")).isEqualTo("sum=8");
          end(restore);
        }
      }
    }
    Services.assertNothingLeft(folder);
  }
}
