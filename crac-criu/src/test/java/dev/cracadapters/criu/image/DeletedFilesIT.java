/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import static dev.cracadapters.criu.testing.Services.ask;
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
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RequiresCriu
@DisplayName("A file that was deleted while it is mapped")
class DeletedFilesIT {

  @TempDir Path folder;

  @Test
  @DisplayName("has restores take turns, and none waits longer than its time limit for its turn")
  void turn() throws Exception {
    Path small = folder.resolve("small");
    Files.write(small, new byte[8192]);
    Image image = new Image(folder.resolve("image"));
    try (RunningProcess service =
        Services.command(image.folder(), "-Dcrac.criu.restore-timeout=5s")
            .start(folder, "service")) {
      service.awaitLine("ready");
      ask(
          service,
          "call dev.cracadapters.criu.image.TemporaryFilesInUse map " + small,
          "called mapped");
      Files.delete(small);
      Services.checkpoint(service);
    }
    String script = image.folder().resolve("restore").toString();
    try (RunningProcess holder =
        RunningProcess.start(
            List.of("flock", script, "sh", "-c", "echo locked; read -r end"),
            Map.of(),
            folder,
            "holder")) {
      holder.awaitLine("locked");
      try (RunningProcess restore = image.restore().start(folder, "waits")) {
        assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
        assertThat(restore.error())
            .contains(
                "the process was not back in service within 5 s",
                "waited for another restore, or whoever else has a lock on "
                    + script
                    + ": see lslocks");
      }
    }
    try (RunningProcess service = Services.restored(image, folder, "restored")) {
      end(service);
    }
    Services.assertNothingLeft(folder);
  }

  @Test
  @DisplayName("is named where it is too large to come with the image, and the process goes on")
  void tooLarge() throws Exception {
    Path large = folder.resolve("large");
    assertThat(
            new ProcessBuilder("fallocate", "--length", "257MiB", large.toString())
                .start()
                .waitFor())
        .isZero();
    try (RunningProcess service =
        Services.command(folder.resolve("image")).start(folder, "service")) {
      service.awaitLine("ready");
      ask(
          service,
          "call dev.cracadapters.criu.image.TemporaryFilesInUse map " + large,
          "called mapped");
      Files.delete(large);
      assertThat(ask(service, "checkpoint", "refused"))
          .contains("Can't dump ghost file " + large)
          .contains(
              "A file that was deleted while it is open or mapped is larger than 256M: close it, or"
                  + " do not delete it");
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=1");
      end(service);
    }
    Services.assertNothingLeft(folder);
  }
}
