/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file systems are mounted so in a mount namespace of the service's. */
@Tag("soak")
@RequiresCriu
@DisplayName("Where nothing can be executed in the image folder, a checkpoint")
class NoExecIT {

  @TempDir Path folder;
  private Path image;
  private Path elsewhere;

  @BeforeEach
  void makeFolders() throws Exception {
    image = Files.createDirectory(folder.resolve("image"));
    elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
    assertThat(Services.names(elsewhere)).isEmpty();
  }

  private RunningProcess service(String mounts) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                "setsid",
                "unshare",
                "--mount",
                "sh",
                "-c",
                "noexec() { mount --bind \"$1\" \"$1\" && mount -o remount,bind,noexec \"$1\"; }; "
                    + mounts
                    // CRIU finds no file that was opened in another mount namespace
                    + " && exec > \"$1/service.out\" 2> \"$1/service.err\" && cd \"$1\""
                    + " && shift && exec \"$@\"",
                "sh",
                folder.toString()));
    command.addAll(Services.command(image).java());
    RunningProcess service =
        RunningProcess.start(command, Map.of("TMPDIR", elsewhere.toString()), folder, "service");
    service.awaitLine("ready");
    ask(service, "add 41", "sum=41");
    return service;
  }

  @Tag("essential")
  @Test
  @DisplayName("takes another folder for what CRIU has to execute, and leaves nothing there")
  void elsewhere() throws Exception {
    try (RunningProcess service = service("noexec \"$1/image\"")) {
      checkpoint(service);
    }
    try (RunningProcess restored =
        RunningProcess.start(
            List.of("sh", image.resolve("restore").toString()), Map.of(), folder, "restored")) {
      restored.awaitLine("restored ");
      assertThat(ask(restored, "add 1", "sum=42")).isEqualTo("sum=42");
      end(restored);
    }
  }

  @Test
  @DisplayName("and nowhere else either, is refused with the reason, and the process goes on")
  void nowhere() throws Exception {
    String everywhere =
        "for one in /tmp /var/tmp /dev/shm /run \"$HOME\"; do [ ! -d \"$one\" ] || noexec \"$one\""
            + " || exit 9; done";
    // CRIU and the JDK may lie below one of them, as in a checkout in root's home.
    String butForTheCommands =
        " && for one in '%s' '%s'; do mount --bind \"$one\" \"$one\" && mount -o remount,bind,exec \"$one\" || exit 9; done"
            .formatted(
                WorkingCriu.here().path().toRealPath().getParent().getParent(),
                System.getProperty("java.home"));
    try (RunningProcess service = service(everywhere + butForTheCommands)) {
      assertThat(ask(service, "checkpoint", "refused"))
          .contains("CRIU: nothing can be executed in " + image + ", nor in ")
          .contains("(mounted noexec)")
          .contains("Set the environment variable TMPDIR to a folder on a file system that is not");
      assertThat(ask(service, "add 1", "sum=42")).isEqualTo("sum=42");
      assertThat(Services.names(image)).isEmpty();
      end(service);
    }
  }
}
