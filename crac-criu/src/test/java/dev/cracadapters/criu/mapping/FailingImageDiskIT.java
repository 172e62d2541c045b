/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The image is in a file system of its own, in a file that is cut while the process runs. */
@Tag("soak")
@RequiresCriu
@DisplayName("A disk that fails under an image that is mapped")
class FailingImageDiskIT {

  private static final int ABORTED = 134;
  private static final int BUS_ERROR = 135;
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** DISK FOLDER IMAGE COMMAND: mounts the disk, and leaves nothing of the image in the cache. */
  private static final String ON_A_DISK =
      "truncate -s 512M \"$1\" && mkfs.ext4 -q \"$1\" && mkdir \"$2\" && mount -o loop \"$1\" \"$2\""
          + " && mv \"$3\" \"$2/image\" && sync \"$2/image/memory\""
          + " && dd if=\"$2/image/memory\" iflag=nocache count=0 2> /dev/null || exit 9\n"
          + "shift 3; exec \"$@\"";

  @TempDir Path folder;

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  @Test
  @DisplayName("is told by who looks it through, and ends the process where it needs what is lost")
  void fails() throws Exception {
    assumeTrue(Files.exists(Path.of("/dev/loop-control")), "this kernel has no loop devices");
    Path taken = folder.resolve("taken");
    Path errors = folder.resolve("hs_err.log");
    try (RunningProcess original =
        Services.command(taken, "-Dcrac.criu.map=on", "-XX:ErrorFile=" + errors)
            .start(folder, "original")) {
      original.awaitLine("ready");
      data(original, "0 fill 64");
      checkpoint(original);
    }
    long pid = new Image(taken).pid();
    Path disk = folder.resolve("disk");
    Path image = folder.resolve("mounted/image");
    Path look = folder.resolve("look");
    Path commands = HeldLook.commands(folder, look);
    try (RunningProcess service =
        new Image(image)
            .restore()
            .by(
                "unshare",
                "--mount",
                "sh",
                "-c",
                ON_A_DISK,
                "disk",
                disk.toString(),
                folder.resolve("mounted").toString(),
                taken.toString())
            .environment("PATH", commands + ":" + System.getenv("PATH"))
            .start(folder, "restored")) {
      service.awaitLine("restored ");
      HeldLook.await(folder);
      // Nothing else is to need what is lost.
      RunningProcess.signal("STOP", pid);
      try (FileChannel file = FileChannel.open(disk, StandardOpenOption.WRITE)) {
        file.truncate(4096);
      }
      Files.createFile(look);
      assertThat(
              Deadline.after(LIMIT)
                  .await(() -> service.error().contains("could not be read at the offset ")))
          .as(service.told())
          .isTrue();
      assertThat(service.error())
          .contains("restore: " + image + "/memory could not be read at the offset ")
          .contains("it was not verified, and the process, which maps it, ends by SIGBUS");
      service.send("call " + HeapData.class.getName() + " ask 1 changed");
      RunningProcess.signal("CONT", pid);
      assertThat(service.awaitExit()).as(service.told()).isIn(ABORTED, BUS_ERROR);
      assertThat(service.error())
          .containsPattern("restore: the process ended with the status 13[45], and ")
          .contains("/memory, which it mapped, is not as it was written at the offset ");
    }
  }

  private static void data(RunningProcess service, String question) throws Exception {
    ask(service, "call " + HeapData.class.getName() + " ask " + question, "called " + question);
  }
}
