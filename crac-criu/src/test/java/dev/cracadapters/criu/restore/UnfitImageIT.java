/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("An image that cannot be restored says why: ")
class UnfitImageIT {

  @TempDir static Path folder;
  private static Image good;

  private Image image;
  private String name;

  @BeforeAll
  static void takeACheckpoint() throws Exception {
    good = Services.checkpointed(folder);
  }

  @BeforeEach
  void copyTheImage(TestInfo test) throws Exception {
    name = test.getTestMethod().orElseThrow().getName();
    image = new Image(folder.resolve("image-" + name));
    Services.copy(good.folder(), image.folder());
  }

  @AfterEach
  void nothingIsLeftAndTheImageStillRestores() throws Exception {
    Services.assertNothingLeft(folder);
    assertThat(Path.of("/proc", Long.toString(good.pid()))).doesNotExist();
    try (RunningProcess service = restored(good, folder, name + "-after")) {
      end(service);
    }
  }

  private String refusal(String... options) throws Exception {
    try (RunningProcess restore = image.restore(options).start(folder, name + options.length)) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.output()).isEmpty();
      return restore.error();
    }
  }

  private void edit(String from, String to) throws Exception {
    image.edit(text -> text.replace(from, to));
  }

  @Tag("essential")
  @Test
  @DisplayName("a byte of the pages was changed")
  void changedByte() throws Exception {
    changeByte();
    String expected =
        "restore: the image "
            + image.folder()
            + " is damaged: criu/pages-1.img is not as it was written\n"
            + "restore: take a new checkpoint, or copy the image folder again\n";
    assertThat(refusal("--check")).isEqualTo(expected);
    assertThat(refusal()).isEqualTo(expected);
    assertThat(refusal("--clone", "--net")).isEqualTo(expected);
  }

  private void changeByte() throws IOException {
    Path pages = image.folder().resolve("criu/pages-1.img");
    try (RandomAccessFile file = new RandomAccessFile(pages.toFile(), "rw")) {
      file.seek(file.length() / 2);
      int value = file.read();
      file.seek(file.length() / 2);
      file.write(~value);
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("a byte was changed, and no thread of the process runs meanwhile")
  void nothingRuns() throws Exception {
    changeByte();
    Path through = folder.resolve("through");
    try (RunningProcess restore = restoreThatLooksUntil(through, "held")) {
      restore.send("say I work");
      assertThat(Deadline.after(Duration.ofSeconds(20)).await(this::hasBeenRestored)).isTrue();
      Files.createFile(through);
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.error()).contains("is damaged: criu/pages-1.img is not as it was written");
      assertThat(restore.output()).isEmpty();
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("a file is missing")
  void missingFile() throws Exception {
    Files.delete(image.folder().resolve("criu/mm-" + image.pid() + ".img"));
    assertThat(refusal("--check"))
        .contains("is damaged: criu/mm-" + image.pid() + ".img is missing");
    assertThat(refusal()).contains("is damaged: criu/mm-" + image.pid() + ".img is missing");
  }

  @Test
  @DisplayName("a file was cut off")
  void cutFile() throws Exception {
    Path pages = image.folder().resolve("criu/pages-1.img");
    try (RandomAccessFile file = new RandomAccessFile(pages.toFile(), "rw")) {
      file.setLength(4096);
    }
    assertThat(refusal()).contains("is damaged: criu/pages-1.img is not as it was written");
  }

  @Test
  @DisplayName("a file was added")
  void addedFile() throws Exception {
    Files.writeString(image.folder().resolve("criu/pages-9.img"), "more");
    assertThat(refusal("--check")).contains("is damaged: a file was added to " + image.folder());
  }

  @Test
  @DisplayName("all of CRIU's files are missing")
  void noFiles() throws Exception {
    Files.move(image.folder().resolve("criu"), image.folder().resolve("elsewhere"));
    assertThat(refusal("--check")).contains(".img is missing");
    assertThat(refusal()).contains(".img is missing");
  }

  @Tag("essential")
  @Test
  @DisplayName("the process still lives")
  void pidIsTaken() throws Exception {
    try (RunningProcess first = restored(image, folder, "first")) {
      assertThat(refusal())
          .contains("cannot be restored here:")
          .contains(
              "PID "
                  + image.pid()
                  + ", which the process had, is taken here: end that process, or use --clone");
      assertThat(ask(first, "add 1", "sum=")).isEqualTo("sum=42");
      end(first);
    }
  }

  @Test
  @DisplayName("the machine is of another architecture, and its CPU lacks a feature")
  void otherMachine() throws Exception {
    edit("machine='x86_64'", "machine='riscv64'");
    edit("\ncpu='", "\ncpu='avx9000 ");
    assertThat(refusal())
        .contains("  - this machine is x86_64: the image needs riscv64")
        .contains("  - this CPU lacks avx9000: restore on a CPU that has what the image's had");
  }

  @Test
  @DisplayName("CRIU is missing")
  void noCriu() throws Exception {
    edit("criu_then='" + WorkingCriu.here().path() + "'", "criu_then='/nowhere/criu'");
    try (RunningProcess restore =
        image.restore().environment("PATH", "/nowhere:/usr/bin:/bin").start(folder, name)) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.error())
          .contains(
              "criu is not found (CRAC_CRIU, /nowhere/criu, PATH): install CRIU 4.0 or newer, or"
                  + " name one in CRAC_CRIU");
    }
  }

  private String refusalBy(String... criu) throws Exception {
    Path script = Services.script(folder.resolve("criu-" + name), criu);
    try (RunningProcess restore =
        image.restore().environment("CRAC_CRIU", script.toString()).start(folder, name)) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      return restore.error();
    }
  }

  @Test
  @DisplayName("CRIU does not work here, in its own words")
  void failingCriu() throws Exception {
    assertThat(
            refusalBy(
                "#!/bin/sh", "echo 'Error: vdso: Unexpected rt vDSO area bounds' >&2; exit 1"))
        .contains("could not restore the process:")
        .contains("Error: vdso: Unexpected rt vDSO area bounds")
        .contains("check' to see whether CRIU works on this kernel with these rights");
  }

  @Test
  @DisplayName("CRIU does not come to an end")
  void hangingCriu() throws Exception {
    Path impatient = Files.createDirectory(folder.resolve("impatient"));
    image = Services.checkpointed(impatient, "-Dcrac.criu.restore-timeout=2s");
    assertThat(refusalBy("#!/bin/sh", "exec sleep 600"))
        .contains("the process was not back in service within 2 s");
  }

  @Test
  @DisplayName("CRIU itself sees that something is wrong, in its own words")
  void confusedCriu() throws Exception {
    String real = WorkingCriu.here().path().toString();
    assertThat(
            refusalBy(
                "#!/bin/sh",
                "[ \"$1\" != restore ] || set -- \"$@\" --no-such-option",
                "for last; do :; done",
                "set -- restore --no-such-option",
                "exec '" + real + "' \"$@\""))
        .contains("could not restore the process:")
        .contains("no-such-option");
  }

  @Test
  @DisplayName("there is no room for what the restore says to the process, of which nothing runs")
  void noRoom() throws Exception {
    Path full = Files.createDirectory(folder.resolve("full"));
    try (RunningProcess restore =
        image
            .restore()
            .environment("TMPDIR", full.toString())
            .by(
                "unshare",
                "--mount",
                "sh",
                "-c",
                "mount -t tmpfs -o size=64k tmpfs \"$0\" && ! cat /dev/zero > \"$0/all\" && exec \"$@\"",
                full.toString())
            .start(folder, name)) {
      restore.send("say I work");
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.error())
          .contains("/mailbox could not be written: make room there, or name another folder");
      assertThat(restore.output()).isEmpty();
    }
  }

  @Test
  @DisplayName("the process ends before it is back")
  void endsEarly() throws Exception {
    Path ended = folder.resolve("ended");
    // The image is looked through while CRIU works, and here for as long as the process is there.
    try (RunningProcess restore = restoreThatLooksUntil(ended, "slow")) {
      assertThat(Deadline.after(Duration.ofSeconds(20)).await(this::hasBeenRestored)).isTrue();
      RunningProcess.signal("KILL", image.pid());
      Files.createFile(ended);
      assertThat(restore.awaitExit()).as(restore.told() + " its own status").isEqualTo(137);
      assertThat(restore.error()).contains("the process ended before it was back in service");
    }
  }

  /** A restore that looks its image through until a file is there. */
  private RunningProcess restoreThatLooksUntil(Path until, String commands) throws IOException {
    Path held = Files.createDirectory(folder.resolve(commands));
    Services.holdChecksums(held, until);
    return image
        .restore()
        .environment("PATH", held + ":" + System.getenv("PATH"))
        .start(folder, name);
  }

  private boolean hasBeenRestored() {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(entry -> entry.getFileName().toString().startsWith("crac-restore"))
          .anyMatch(entry -> Files.exists(entry.resolve("restored")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
