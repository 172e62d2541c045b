/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("Damaged memory of an image that is mapped")
class DamagedMemoryIT {

  private static final int KILLED = 137;
  private static final int MEGA = 1 << 20;
  private static final int OFFSET = 3 * MEGA + 123_456;
  private static final int LARGE = 1 << 28;

  @TempDir Path folder;
  private Image image;

  @BeforeEach
  void takeACheckpoint() throws Exception {
    image = Services.checkpointed(folder, "-Dcrac.criu.map=on");
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  @Tag("essential")
  @Test
  @DisplayName("ends the process that runs from it, with its name")
  void found() throws Exception {
    damage();
    try (RunningProcess service = image.restore().start(folder, "restored")) {
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(KILLED);
      assertThat(service.error())
          .contains(
              "the image "
                  + image.folder()
                  + " is damaged: memory is not as it was written at the offset 3145728 (block 3 of 1 MB): "
                  + "the process, which maps it, was ended: take a new checkpoint,");
    }
  }

  @Test
  @DisplayName("is not what a look has found that was killed: the process goes on")
  void killedLook() throws Exception {
    Path look = folder.resolve("look");
    try (RunningProcess service = heldBeforeTheLook()) {
      Services.script(
          folder.resolve("commands/cksum"), "#!/bin/sh", "kill -s TERM $$", "sleep 600");
      Files.createFile(look);
      HeldLook.awaitEnd(HeldLook.await(folder));
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
      assertThat(service.error()).doesNotContain("damaged");
    }
  }

  @Test
  @DisplayName("is taken over by no checkpoint, not even before it was looked at")
  void checkpointBefore() throws Exception {
    damage();
    try (RunningProcess service = heldBeforeTheLook()) {
      assertThat(ask(service, "checkpoint", "refused"))
          .contains(
              "could not be arranged for mapping: the file that the process has mapped is not as it was written at the offset 3145728")
          .contains("End this process, and restore it from a copy of its image");
      Files.createFile(folder.resolve("look"));
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(KILLED);
    }
  }

  @Test
  @DisplayName("has no block named by the list of another image")
  void anotherList() throws Exception {
    damage();
    Path list = image.folder().resolve("criu/memory.sums");
    List<String> sums = Files.readAllLines(list);
    assertThat(sums).hasSize((int) (Files.size(image.folder().resolve("memory")) / MEGA));
    try (RunningProcess service = heldBeforeTheLook()) {
      Path another = folder.resolve("another");
      sums.set(0, "1");
      Files.write(another, sums);
      Files.move(another, list, StandardCopyOption.REPLACE_EXISTING);
      Files.createFile(folder.resolve("look"));
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(KILLED);
      assertThat(service.error())
          .contains("memory is not as it was written: the process, which maps it, was ended: ");
    }
  }

  @Test
  @DisplayName("is looked for in the file that the process maps, whatever has its name meanwhile")
  void replaced() throws Exception {
    damage();
    Path memory = image.folder().resolve("memory");
    try (RunningProcess service = heldBeforeTheLook()) {
      Files.move(memory, folder.resolve("moved"));
      Files.writeString(memory, "another");
      Files.createFile(folder.resolve("look"));
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(KILLED);
      assertThat(service.error()).contains("at the offset 3145728 ");
    }
  }

  @Test
  @DisplayName("is found before anything runs by --verify=full, and by --check")
  void foundBefore() throws Exception {
    damage();
    for (String option : new String[] {"--verify=full", "--check"}) {
      try (RunningProcess refused = image.restore(option).start(folder, option.substring(2, 5))) {
        assertThat(refused.awaitExit()).as(refused.told()).isEqualTo(125);
        assertThat(refused.error())
            .contains("is damaged: memory is not as it was written at the offset 3145728 (");
        assertThat(refused.output()).doesNotContain("restored ");
      }
    }
  }

  @Test
  @DisplayName("is found at once where it is shorter, or missing")
  void cut() throws Exception {
    Path memory = image.folder().resolve("memory");
    Files.setPosixFilePermissions(memory, PosixFilePermissions.fromString("rw-------"));
    try (RandomAccessFile file = new RandomAccessFile(memory.toFile(), "rw")) {
      file.setLength(file.length() - 1);
    }
    refused("memory is not as it was written");
    Files.delete(memory);
    refused("memory is missing");
  }

  @Test
  @DisplayName(
      "does not end a process that runs from whole memory: --verify=full, and a second one")
  void whole() throws Exception {
    try (RunningProcess service = restored(image, folder, "full", "--verify=full")) {
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      checkpoint(service);
    }
    try (RunningProcess service = restored(image, folder, "again")) {
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=43");
      end(service);
    }
  }

  @Test
  @DisplayName("is not looked for in another file of that name, which the process has mapped, too")
  void another() throws Exception {
    Path another = Files.createDirectory(folder.resolve("another")).resolve("memory");
    try (RandomAccessFile file = new RandomAccessFile(another.toFile(), "rw")) {
      file.setLength(LARGE); // for which there is room below all else alone
    }
    image = new Image(folder.resolve("wide"));
    Path commands = Files.createDirectory(folder.resolve("commands"));
    try (RunningProcess service =
        // So the heap has no place of its own below all that is mapped later.
        Services.command(
                image.folder(),
                "-Dcrac.criu.map=on",
                "-XX:-UseCompressedOops",
                "-Djava.io.tmpdir=" + commands)
            .start(folder, "wide")) {
      service.awaitLine("ready");
      ask(service, "add 41", "sum=");
      ask(
          service,
          "call dev.cracadapters.criu.image.TemporaryFilesInUse map " + another,
          "called mapped");
      checkpoint(service);
    }
    Path summed = folder.resolve("summed");
    Services.script(
        commands.resolve("cksum"),
        "#!/bin/sh",
        "PATH=${PATH#*:}",
        "cksum \"$@\" || exit",
        "[ $# -gt 0 ] || echo one >> '" + summed + "'");
    try (RunningProcess service =
        image
            .restore()
            .environment("PATH", commands + ":" + System.getenv("PATH"))
            .start(folder, "restored")) {
      service.awaitLine("restored ");
      assertThat(
              Files.readAllLines(Path.of("/proc/" + image.pid() + "/maps")).stream()
                  .filter(line -> line.endsWith("/memory"))
                  .findFirst())
          .hasValueSatisfying(line -> assertThat(line).endsWith(another.toString()));
      Deadline.after(Duration.ofSeconds(30))
          .await(() -> Files.exists(summed) && Files.readAllLines(summed).size() == 2);
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
      assertThat(service.error()).doesNotContain("damaged");
    }
  }

  /** Restored, and its memory is not looked at before there is a file "look". */
  private RunningProcess heldBeforeTheLook() throws Exception {
    Path commands = HeldLook.commands(folder, folder.resolve("look"));
    RunningProcess service =
        image
            .restore()
            .environment("PATH", commands + ":" + System.getenv("PATH"))
            .start(folder, "restored");
    service.awaitLine("restored ");
    HeldLook.await(folder);
    return service;
  }

  private void refused(String cause) throws Exception {
    try (RunningProcess refused = image.restore().start(folder, "refused")) {
      assertThat(refused.awaitExit()).as(refused.told()).isEqualTo(125);
      assertThat(refused.error()).contains("is damaged: " + cause);
    }
  }

  private void damage() throws Exception {
    Path memory = image.folder().resolve("memory");
    Files.setPosixFilePermissions(memory, PosixFilePermissions.fromString("rw-------"));
    try (RandomAccessFile file = new RandomAccessFile(memory.toFile(), "rw")) {
      file.seek(OFFSET);
      int there = file.read();
      file.seek(OFFSET);
      file.write(there ^ 1);
    }
  }
}
