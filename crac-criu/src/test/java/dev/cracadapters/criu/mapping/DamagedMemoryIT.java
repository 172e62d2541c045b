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
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
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
          .contains("the image " + image.folder() + " is damaged: memory is not as it was written");
    }
  }

  @Test
  @DisplayName("is found before anything runs by --verify=full, and by --check")
  void foundBefore() throws Exception {
    damage();
    for (String option : new String[] {"--verify=full", "--check"}) {
      try (RunningProcess refused = image.restore(option).start(folder, option.substring(2, 5))) {
        assertThat(refused.awaitExit()).as(refused.told()).isEqualTo(125);
        assertThat(refused.error()).contains("is damaged: memory is not as it was written");
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
      // The last byte of what has content: all of it, or nearly, is garbage by now.
      file.seek(file.length() - 1);
      int last = file.read();
      file.seek(file.length() - 1);
      file.write(last ^ 1);
    }
  }
}
