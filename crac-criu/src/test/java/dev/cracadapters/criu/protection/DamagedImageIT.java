/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protection;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The service has a thread that prints all the time: not a line may come. */
@Tag("soak")
@RequiresCriu
@DisplayName(
    "Of a process whose image is damaged nothing runs, and the restore says what is damaged: ")
class DamagedImageIT {

  private static final int TURNS = 5;

  /** Of the script: until it has looked at itself, and some more. */
  private static final int FIRST_BYTES = 4096;

  private static final int FIRST_TURNS = 60;

  private static final String MAKE_FOLDER =
      "call dev.cracadapters.criu.image.TemporaryFilesInUse folder jetty-docbase.8080.";

  @TempDir static Path folder;
  private static Image good;

  private Image image;
  private String name;

  @BeforeAll
  static void takeACheckpoint() throws Exception {
    Path written = folder.resolve("image");
    try (RunningProcess original = Services.command(written).start(folder, "original")) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=41");
      ask(original, "call " + Heartbeat.class.getName() + " start beat", "called beat");
      checkpoint(original);
    }
    good = new Image(written);
  }

  @BeforeEach
  void copyTheImage(TestInfo test) throws Exception {
    name = "damaged-" + Math.abs(test.getDisplayName().hashCode());
    image = new Image(folder.resolve(name));
    Services.copy(good.folder(), image.folder());
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  private void isRefused(String what, String... options) throws Exception {
    try (RunningProcess restore = image.restore(options).start(folder, name + "-restore")) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.error()).contains("damaged").contains(what);
      assertThat(restore.output()).isEmpty();
    }
  }

  @Test
  @DisplayName("no folder stays that was made for it")
  void folders() throws Exception {
    Path service = folder.resolve("with-folders");
    Path made;
    try (RunningProcess original =
        Services.command(service, "-Djava.io.tmpdir=/tmp").start(folder, "with-folders")) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=41");
      made = Path.of(ask(original, MAKE_FOLDER, "jetty").substring("jetty: ".length()));
      checkpoint(original);
    }
    Services.discard(made); // as an embedded server does when it ends
    Path pages = service.resolve("criu/pages-1.img");
    byte[] whole = Files.readAllBytes(pages);
    byte[] damaged = whole.clone();
    damaged[damaged.length / 2] ^= 1;
    Files.write(pages, damaged);
    image = new Image(service);
    isRefused("criu/pages-1.img is not as it was written");
    assertThat(made).doesNotExist();
    Files.write(pages, whole);
    try (RunningProcess restored = restored(image, folder, "with-folders-restored")) {
      assertThat(made).isDirectory();
      end(restored);
    } finally {
      Services.discard(made);
    }
  }

  private List<Path> files(String pattern) throws Exception {
    try (Stream<Path> files = Files.walk(image.folder())) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> image.folder().relativize(file).toString().matches(pattern))
          .toList();
    }
  }

  @Tag("essential")
  @ParameterizedTest
  @ValueSource(
      strings = {
        "restore",
        "manifest\\.json",
        "perfdata",
        "SHA256SUMS",
        "criu/pages-1\\.img",
        "criu/pagemap-.*",
        "criu/core-.*",
        "criu/mm-.*",
        "criu/(files|pstree|inventory|ids-.*|fdinfo-.*|fs-.*|timens-.*)\\.img"
      })
  @DisplayName("a byte of")
  void changedByte(String pattern) throws Exception {
    Random random = new Random(pattern.hashCode());
    List<Path> files = new ArrayList<>(files(pattern));
    assertThat(files).isNotEmpty();
    for (int turn = 0; turn < TURNS; turn++) {
      Path file = files.get(random.nextInt(files.size()));
      byte[] whole = Files.readAllBytes(file);
      byte[] damaged = whole.clone();
      // Not in the first lines of the script itself, which are what looks: see firstLines.
      int first = pattern.equals("restore") ? FIRST_BYTES : 0;
      damaged[first + random.nextInt(damaged.length - first)] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, damaged);
      isRefused(image.folder().relativize(file).toString());
      Files.write(file, whole);
    }
  }

  @Test
  @DisplayName("what the script looks by first of all, whatever it says of that itself")
  void firstLines() throws Exception {
    Path script = image.folder().resolve("restore");
    byte[] whole = Files.readAllBytes(script);
    Random random = new Random(17);
    for (int turn = 0; turn < FIRST_TURNS; turn++) {
      byte[] damaged = whole.clone();
      int at = random.nextInt(FIRST_BYTES);
      damaged[at] ^= (byte) (1 << random.nextInt(8));
      nothingRuns(damaged, "bit of byte " + at);
    }
    // The look itself finds nothing.
    String text = new String(whole, StandardCharsets.ISO_8859_1);
    nothingRuns(
        text.replaceFirst("\nwhole=none|    whole=none", "    whole=true")
            .replaceFirst("whole=false", "whole=true ")
            .getBytes(StandardCharsets.ISO_8859_1),
        "the look");
  }

  private void nothingRuns(byte[] script, String what) throws Exception {
    Path restore = image.folder().resolve("restore");
    Files.write(restore, script);
    try (RunningProcess damaged =
        RunningProcess.start(
            List.of("sh", restore.toString()), Map.of(), folder, name + "-first")) {
      damaged.awaitExit();
      assertThat(damaged.output()).as(what + ": " + damaged.told()).doesNotContain("beat");
    }
  }

  @Test
  @DisplayName("the end of each kind of file, and each whole file, one after the other")
  void cutOrMissing() throws Exception {
    for (Path file :
        files("restore|manifest.json|perfdata|SHA256SUMS|criu/(pages|core|mm|files).*")) {
      byte[] whole = Files.readAllBytes(file);
      String told = image.folder().relativize(file).toString();
      byte[] cut = java.util.Arrays.copyOf(whole, whole.length - whole.length / 3 - 1);
      if (told.startsWith("criu/core") && !told.equals("criu/core-" + image.pid() + ".img")) {
        continue; // one for all threads
      }
      Files.write(file, cut);
      isRefused(told);
      if (!told.equals("restore") && !told.equals("SHA256SUMS")) {
        Files.delete(file);
        isRefused(told + " is missing");
      }
      Files.write(file, whole);
    }
  }

  @Test
  @DisplayName("or it is whole, and the thread goes on")
  void whole() throws Exception {
    try (RunningProcess service = restored(image, folder, name)) {
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      service.awaitLine("beat");
      end(service);
    }
  }
}
