/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("Memory that several processes map from one image")
class MappedClonesIT {

  private static final int ABORTED = 134;
  private static final int BUS_ERROR = 135;
  private static final long MEGABYTE = 1 << 20;

  @TempDir Path folder;
  private Image image;

  @BeforeEach
  void takeACheckpoint() throws Exception {
    Path taken = folder.resolve("taken");
    try (RunningProcess original =
        Services.command(
                taken, "-Dcrac.criu.map=on", "-XX:ErrorFile=" + folder.resolve("hs_err.log"))
            .start(folder, "original")) {
      original.awaitLine("ready");
      data(original, "0 fill 64");
      checkpoint(original);
    }
    image = new Image(folder.resolve("image"));
    Services.copy(taken, image.folder());
    Services.discard(taken);
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  @Tag("essential")
  @Test
  @DisplayName("is there once for all of them, in a copy of the image, too, until one writes to it")
  void shared() throws Exception {
    try (RunningProcess first = restored(image, folder, "first", "--clone");
        RunningProcess second = restored(image, folder, "second", "--clone")) {
      assertThat(data(first, "1 changed")).isZero(); // has read all of its data
      assertThat(data(second, "1 changed")).isZero();
      long pid = first.below(image.pid()).orElseThrow();
      assertThat(MappedMappings.ofFile(pid)).isGreaterThan(40 * MEGABYTE);
      data(first, "2 drop");
      data(first, "3 churn 400");
      assertThat(data(second, "4 changed")).isZero();
      assertThat(data(first, "5 changed")).isZero();
      end(first);
      checkpoint(second);
    }
    try (RunningProcess again = restored(image, folder, "again")) {
      assertThat(data(again, "6 changed")).isZero();
      end(again);
    }
  }

  @Test
  @DisplayName("ends the process where somebody cuts the file, and the restore says why")
  void cut() throws Exception {
    try (RunningProcess service = restored(image, folder, "restored", "--verify=full")) {
      Path memory = image.folder().resolve("memory");
      Files.setPosixFilePermissions(memory, PosixFilePermissions.fromString("rw-------"));
      RunningProcess.signal("STOP", image.pid()); // or any of its threads may need the file now
      try (FileChannel file = FileChannel.open(memory, StandardOpenOption.WRITE)) {
        file.truncate(0);
      }
      service.send("call " + HeapData.class.getName() + " ask 1 changed");
      RunningProcess.signal("CONT", image.pid());
      assertThat(service.awaitExit()).as(service.told()).isIn(ABORTED, BUS_ERROR);
      assertThat(service.error())
          .containsPattern("restore: the process ended with the status 13[45], and ")
          .contains("/memory, which it mapped, is not as it was written at the offset 0 (");
    }
  }

  private static int data(RunningProcess service, String question) throws Exception {
    String command = "call " + HeapData.class.getName() + " ask ";
    return Integer.parseInt(
        ask(service, command + question, "called " + question).replaceAll(".*=", ""));
  }
}
