/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("Memory that is mapped from an image")
class ReadAheadIT {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir Path folder;
  private Image image;
  private Path commands;

  @BeforeEach
  void takeACheckpoint() throws Exception {
    image = Services.checkpointed(folder, "-Dcrac.criu.map=on");
    commands = Files.createDirectory(folder.resolve("commands"));
    Services.script(
        commands.resolve("tail"),
        "#!/bin/sh",
        "echo \"$@\" > '" + folder.resolve("asked") + "'",
        "/usr/bin/tail \"$@\" | wc -c > '" + folder.resolve("counting") + "'",
        "mv '" + folder.resolve("counting") + "' '" + folder.resolve("read") + "'");
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  /** A dd that says how long it took, as GNU's and busybox's do. */
  private void ddSays(String seconds) throws Exception {
    Services.script(
        commands.resolve("dd"),
        "#!/bin/sh",
        "/bin/dd \"$@\" 2> /dev/null",
        "true > '" + folder.resolve("looked") + "'",
        "echo '4194304 bytes (4.2 MB, 4.0 MiB) copied, " + seconds + "' >&2");
  }

  private RunningProcess restoredWithThese(String... options) throws Exception {
    RunningProcess service =
        image
            .restore(options)
            .environment("PATH", commands + ":" + System.getenv("PATH"))
            .start(folder, "restored");
    service.awaitLine("restored ");
    return service;
  }

  @Test
  @DisplayName("is read while all else goes on where it comes slowly, as after a reboot")
  void slow() throws Exception {
    ddSays("0.00312 s, 1.3 GB/s");
    try (RunningProcess service = restoredWithThese()) {
      Path read = folder.resolve("read");
      assertThat(Deadline.after(LIMIT).await(() -> Files.exists(read))).isTrue();
      assertThat(Long.parseLong(Files.readString(read).strip()))
          .isEqualTo(Files.size(image.folder().resolve("memory")));
      end(service);
    }
  }

  @Test
  @DisplayName("is not read where it is in memory, nor where all of it is looked at")
  void fast() throws Exception {
    for (String seconds : new String[] {"0.00212 s, 2.0 GB/s", "9.8e-05 s, 43 GB/s"}) {
      ddSays(seconds);
      Path looked = folder.resolve("looked");
      try (RunningProcess service = restoredWithThese()) {
        assertThat(Deadline.after(LIMIT).await(() -> Files.exists(looked))).isTrue();
        end(service);
      }
      Files.delete(looked);
    }
    ddSays("2 s, 2 MB/s");
    try (RunningProcess service = restoredWithThese("--verify=full")) {
      end(service);
    }
    assertThat(folder.resolve("looked")).doesNotExist();
    assertThat(folder.resolve("asked")).doesNotExist();
  }
}
