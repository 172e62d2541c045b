/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The image is in a file system of its own, in a file that is cut while the process runs. */
@Tag("soak")
@RequiresCriu
@DisplayName("A disk that fails under an image that is mapped")
class FailingImageDiskIT {

  private static final int KILLED = 137;
  private static final int ABORTED = 134;
  private static final int BUS_ERROR = 135;

  /** DISK FOLDER IMAGE COMMAND: mounts the disk, and leaves nothing of the image in the cache. */
  private static final String ON_A_DISK =
      "truncate -s 512M \"$1\" && mkfs.ext4 -q \"$1\" && mkdir \"$2\" && mount -o loop \"$1\" \"$2\""
          + " && mv \"$3\" \"$2/image\" && sync \"$2/image/memory\""
          + " && dd if=\"$2/image/memory\" iflag=nocache count=0 2> /dev/null || exit 9\n"
          + "shift 3; exec \"$@\"";

  @TempDir Path folder;
  private Image image;
  private long pid;
  private RunningProcess service;

  @AfterEach
  void nothingIsLeft() throws Exception {
    service.close();
    Services.assertNothingLeft(folder);
  }

  @BeforeEach
  void restoreFromADisk() throws Exception {
    Process loop =
        new ProcessBuilder("sh", "-c", "losetup -f && command -v mkfs.ext4")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assumeTrue(loop.waitFor() == 0, "there are no loop devices, or there is no mkfs.ext4");
    Path taken = folder.resolve("taken");
    Path mounted = folder.resolve("mounted");
    try (RunningProcess original =
        Services.command(taken, "-Dcrac.criu.map=on", "-XX:ErrorFile=" + folder.resolve("hs_err"))
            .start(folder, "original")) {
      original.awaitLine("ready");
      data(original, "0 fill 64");
      checkpoint(original);
    }
    image = new Image(mounted.resolve("image"));
    pid = new Image(taken).pid();
    Path commands = HeldLook.commands(folder, folder.resolve("look"));
    // Nothing is read ahead: it would be in the cache, or be zeros, as from behind a file's end.
    Services.script(
        commands.resolve("dd"),
        "#!/bin/sh",
        "case $* in *bs=4194304*) echo 'copied, 0.0001 s' >&2 && exit ;; esac",
        "exec /bin/dd \"$@\"");
    service =
        image
            .restore()
            .by(
                "unshare",
                "--mount",
                "sh",
                "-c",
                ON_A_DISK,
                "sh",
                folder.resolve("disk").toString(),
                mounted.toString(),
                taken.toString())
            .environment("PATH", commands + ":" + System.getenv("PATH"))
            .start(folder, "restored");
    service.awaitLine("restored ");
    HeldLook.await(folder);
    // Nothing else is to need what is lost before the test does.
    RunningProcess.signal("STOP", pid);
    fail(folder.resolve("disk"));
  }

  private void fail(Path disk) throws Exception {
    try (FileChannel file = FileChannel.open(disk, StandardOpenOption.WRITE)) {
      file.truncate(4096);
    }
    Process shrink =
        new ProcessBuilder(
                "sh", "-c", "losetup -c \"$(losetup -n -O NAME -j \"$1\")\"", "sh", disk + "")
            .inheritIO()
            .start();
    assertThat(shrink.waitFor()).isZero();
  }

  @Test
  @DisplayName("is found by the look at all of it, which ends the process with the place")
  void found() throws Exception {
    Files.createFile(folder.resolve("look"));
    assertThat(service.awaitExit()).as(service.told()).isEqualTo(KILLED);
    assertThat(service.error())
        .containsPattern(
            "restore: the image "
                + image.folder()
                + " is damaged: memory is not as it was written at the offset \\d+ \\(block \\d+ of 1 MB\\)(, where it cannot be read)?: the process");
  }

  @Test
  @DisplayName("ends the process where it needs what is lost, and the restore says why")
  void needed() throws Exception {
    service.send("call " + HeapData.class.getName() + " ask 1 changed");
    RunningProcess.signal("CONT", pid);
    assertThat(service.awaitExit()).as(service.told()).isIn(ABORTED, BUS_ERROR);
    assertThat(service.error())
        .containsPattern(
            "restore: the process ended with the status 13[45], and .*/memory, which it mapped, is"
                + " not as it was written at the offset \\d+ \\(block \\d+ of 1 MB\\)(, where it cannot be"
                + " read)?: see who");
  }

  private static void data(RunningProcess service, String question) throws Exception {
    ask(service, "call " + HeapData.class.getName() + " ask " + question, "called " + question);
  }
}
