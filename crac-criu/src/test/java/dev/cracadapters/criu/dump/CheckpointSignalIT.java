/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import static dev.cracadapters.criu.testing.Services.ask;
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
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("soak")
@RequiresCriu
@DisplayName("crac.checkpoint-signal")
class CheckpointSignalIT {

  @TempDir Path folder;

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  @Tag("essential")
  @ParameterizedTest
  @ValueSource(strings = {"USR1", "USR2"})
  @DisplayName("takes a checkpoint, also of the restored process, by way of the restore script")
  void signal(String name) throws Exception {
    Path folderOfImage = folder.resolve("image");
    Image image = new Image(folderOfImage);
    Instant start = Instant.now();
    try (RunningProcess original =
        Services.command(folderOfImage, "-Dcrac.checkpoint-signal=" + name)
            .start(folder, "original")) {
      original.awaitLine("ready");
      assertThat(ask(original, "attribute RestoreTime", "attribute")).isEqualTo("attribute -1");
      ask(original, "add 41", "sum=");
      original.signal(name);
      assertThat(original.awaitExit()).as(original.told()).isEqualTo(137);
    }
    try (RunningProcess restored = image.restore().start(folder, "restored")) {
      restored.send("await");
      assertThat(ask(restored, "add 1", "sum=")).isEqualTo("sum=42");
      long restoreTime =
          Long.parseLong(ask(restored, "attribute RestoreTime", "attribute").substring(10));
      assertThat(Instant.ofEpochMilli(restoreTime)).isBetween(start, Instant.now());
      assertThat(ask(restored, "attribute Image", "attribute /"))
          .isEqualTo("attribute " + folderOfImage);
      assertThat(ask(restored, "settle", "settled")).isEqualTo("settled false");
      restored.signal(name);
      assertThat(restored.awaitExit()).as(restored.told()).isEqualTo(137);
    }
    try (RunningProcess again = image.restore().start(folder, "again")) {
      assertThat(ask(again, "add 1", "sum=")).isEqualTo("sum=43");
      end(again);
    }
  }

  @Test
  @DisplayName("with crac.leave-running takes images of a process that goes on")
  void leaveRunning() throws Exception {
    Path image = folder.resolve("image");
    try (RunningProcess original =
        Services.command(image, "-Dcrac.checkpoint-signal=USR2", "-Dcrac.leave-running=true")
            .start(folder, "original")) {
      original.awaitLine("ready");
      original.signal("USR2");
      assertThat(
              Deadline.after(Duration.ofSeconds(60))
                  .await(() -> Files.exists(image.resolve("restore"))))
          .as(original.told())
          .isTrue();
      assertThat(ask(original, "add 5", "sum=")).isEqualTo("sum=5");
      end(original);
    }
  }

  @Test
  @DisplayName(
      "says at the start when the signal is not available, goes on, and takes no checkpoint")
  void refused() throws Exception {
    try (RunningProcess original =
        Services.command(folder.resolve("image"), "-Dcrac.checkpoint-signal=SEGV")
            .start(folder, "original")) {
      original.awaitLine("ready");
      assertThat(ask(original, "add 5", "sum=")).isEqualTo("sum=5");
      assertThat(ask(original, "checkpoint", "refused"))
          .contains("checkpoint-signal is \"SEGV\": ", "Take USR1, or USR2");
      end(original);
      assertThat(original.error())
          .contains("No checkpoint can be taken in this process; the application goes on. ")
          .contains("checkpoint-signal is \"SEGV\": ", "Take USR1, or USR2");
    }
  }
}
