/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("soak")
@RequiresCriu
@DisplayName("A process goes on after the time limit, and is told what did not end, where")
class StuckDumpIT {

  @TempDir Path folder;

  /** Each reads or writes files, which may be on a file system that does not answer. */
  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"cp", "sha256sum", "od", "sync"})
  @DisplayName("one of the dump script's commands hangs:")
  void others(String command) throws Exception {
    command(command);
  }

  @Tag("essential")
  @Test
  @DisplayName("the checksums of the process's files do not end")
  void checksums() throws Exception {
    command("cksum");
  }

  private void command(String command) throws Exception {
    Path commands = Files.createDirectory(folder.resolve("commands"));
    Services.script(
        commands.resolve(command),
        "#!/bin/sh",
        "exec tail -f '" + Files.createFile(commands.resolve("nothing")) + "'");
    Path image = folder.resolve("image");
    Path open = Files.writeString(folder.resolve("open"), "in a folder for temporary files");
    try (RunningProcess service =
        Services.command(image, "-Dcrac.criu.dump-timeout=5s", "-Djava.io.tmpdir=" + folder)
            .environment("PATH", commands + ":" + System.getenv("PATH"))
            .start(folder, "service")) {
      service.awaitLine("ready");
      ask(
          service,
          "call dev.cracadapters.criu.image.TemporaryFilesInUse map " + open,
          "called mapped");
      assertThat(ask(service, "checkpoint", "refused"))
          // A second more for each 64 MB of memory.
          .containsPattern("the image was not complete within [56] s: waited for tail")
          .contains("See whether the file systems of the process's files and of its image answer");
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=1");
      assertThat(image).doesNotExist();
      Services.assertNothingLeft(folder.resolve("commands"));
      end(service);
    }
    Services.assertNothingLeft(folder);
  }
}
