/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("A JVM that is killed in a checkpoint, before there is anything that could clean up,")
class KilledEarlyIT {

  @TempDir Path folder;
  private Image image;
  private long killed;

  @BeforeEach
  void killed() throws Exception {
    image = Services.checkpointed(folder);
    Path commands = Files.createDirectory(folder.resolve("commands"));
    Services.script(
        commands.resolve("setsid"), // which starts the dump script
        "#!/bin/sh",
        "setsid=$(PATH=${PATH#*:}; command -v setsid)",
        "case $2 in",
        "  */dump.sh) kill -KILL \"$(sed -n \"s/^pid='\\{0,1\\}\\([0-9]*\\).*/\\1/p\" \"$3/values.sh\")\" ;;",
        "  *) exec $setsid \"$@\" ;;",
        "esac");
    try (RunningProcess service =
        Services.command(image.folder())
            .environment("PATH", commands + ":" + System.getenv("PATH"))
            .start(folder, "killed")) {
      service.awaitLine("ready");
      service.send("checkpoint");
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(137);
      killed = service.pid();
    }
    assertThat(Services.names(image.folder())).anyMatch(name -> name.startsWith(".new-"));
    assertThat(socket("")).exists();
    // They are removed when they are old, for a socket that nobody listens to may be one just made.
    for (Path left : new Path[] {socket(""), socket(".tmp")}) {
      assertThat(
              new ProcessBuilder("touch", "-d", "10 minutes ago", left.toString())
                  .start()
                  .waitFor())
          .isZero();
    }
  }

  private Path socket(String end) {
    return Path.of("/tmp/.java_pid" + killed + end);
  }

  @Test
  @DisplayName("leaves nothing behind but until the next checkpoint")
  void nextCheckpoint() throws Exception {
    try (RunningProcess next = Services.command(image.folder()).start(folder, "next")) {
      next.awaitLine("ready");
      ask(next, "add 7", "sum=7");
      checkpoint(next);
    }
    nothingIsLeft();
    theImageRestores("sum=8");
  }

  @Test
  @DisplayName("leaves the older image, whose next checkpoint removes what is left")
  void nextRestore() throws Exception {
    theImageRestores("sum=42");
    try (RunningProcess service = restored(image, folder, "again")) {
      checkpoint(service);
    }
    nothingIsLeft();
    theImageRestores("sum=42");
  }

  private void theImageRestores(String sum) throws Exception {
    try (RunningProcess service = restored(image, folder, "restored")) {
      assertThat(ask(service, "add 1", "sum=")).isEqualTo(sum);
      end(service);
    }
  }

  private void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
    assertThat(Services.names(image.folder())).isEqualTo(Image.NAMES);
    assertThat(socket("")).doesNotExist();
    assertThat(socket(".tmp")).doesNotExist();
  }
}
