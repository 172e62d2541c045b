/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@RequiresCriu
@Tag("soak")
@DisplayName("What a process has below the folder for temporary files")
class TemporaryFilesIT {

  private static final int BIG = 3 << 20;
  private static final String CALL = "call dev.cracadapters.criu.image.TemporaryFilesInUse ";

  @TempDir static Path folder;
  private static Path temporary;
  private static Path work;
  private static Path documents;
  private static Path others;
  private static Path library;
  private static Path opened;
  private static Path mapped;
  private static long sum;
  private static Image image;

  @BeforeAll
  static void takeACheckpoint() throws Exception {
    temporary = Files.createDirectory(folder.resolve("tmp+(1)"));
    work = Files.createDirectories(temporary.resolve("work"));
    Path jdkLibrary = Path.of(System.getProperty("java.home"), "lib/libprefs.so");
    library = Files.copy(jdkLibrary, temporary.resolve("libkept-1.so"));
    Path deleted = Files.copy(jdkLibrary, temporary.resolve("libdeleted-2.so"));
    byte[] more = new byte[BIG];
    new Random(17).nextBytes(more);
    Files.write(deleted, more, StandardOpenOption.APPEND);
    opened = Files.writeString(temporary.resolve("opened"), "first\nsecond");
    mapped = Files.write(temporary.resolve("mapped"), new byte[] {1, 2, 3, 4});
    sum = 10;

    image = new Image(folder.resolve("image"));
    List<String> words = new ArrayList<>(List.of("env", "-C", work.toString()));
    words.addAll(Services.command(image.folder(), "-Djava.io.tmpdir=" + temporary).words());
    try (RunningProcess original = RunningProcess.start(words, Map.of(), folder, "original")) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=");
      documents = Path.of(ask(original, CALL + "folder jetty-docbase.8080.", "jetty").substring(7));
      others = Files.createDirectory(documents.resolveSibling("anothers"));
      ask(original, CALL + "load " + library, "called loaded libkept-1.so");
      ask(original, CALL + "load " + deleted, "called loaded libdeleted-2.so");
      Files.delete(deleted);
      ask(original, CALL + "open " + opened, "called first");
      ask(original, CALL + "map " + mapped, "called mapped");
      checkpoint(original);
    }
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  private static void wipe() throws IOException {
    try (Stream<Path> all = Files.walk(temporary)) {
      for (Path one : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(one);
      }
    }
  }

  private static void assertThatAllIsThere(RunningProcess service) throws Exception {
    assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
    assertThat(ask(service, CALL + "write a-text", "called written"))
        .isEqualTo("called written a-text in rwxr-x---");
    assertThat(ask(service, CALL + "rest", "called rest")).isEqualTo("called rest second");
    assertThat(ask(service, CALL + "sum", "called sum")).isEqualTo("called sum of bytes " + sum);
  }

  private static String check() throws Exception {
    try (RunningProcess check = image.restore("--check").start(folder, "check")) {
      check.awaitExit();
      return check.error();
    }
  }

  @Test
  @DisplayName(
      "is there again when all of it was wiped: folders, open and mapped files, libraries deleted"
          + " or not")
  @Tag("essential")
  void wiped() throws Exception {
    for (String[] options : new String[][] {{}, {"--clone"}, {}}) {
      wipe();
      assertThat(check()).isEmpty();
      assertThat(temporary).doesNotExist();
      try (RunningProcess service = restored(image, folder, "wiped", options)) {
        assertThatAllIsThere(service);
        assertThat(documents).isDirectory();
        assertThat(work).isEmptyDirectory();
        assertThat(library)
            .hasSameBinaryContentAs(Path.of(System.getProperty("java.home"), "lib/libprefs.so"));
        assertThat(others).doesNotExist();
        end(service);
      }
    }
  }

  @Test
  @DisplayName("is there for each of many clones that are restored at the same time")
  void manyClones() throws Exception {
    wipe();
    List<RunningProcess> clones = new ArrayList<>();
    try {
      for (int number = 0; number < 8; number++) {
        clones.add(image.restore("--clone").start(folder, "clone" + number));
      }
      for (RunningProcess clone : clones) {
        clone.awaitLine("restored ");
        assertThatAllIsThere(clone);
      }
      for (RunningProcess clone : clones) {
        end(clone);
      }
    } finally {
      for (RunningProcess clone : clones) {
        clone.close();
      }
    }
    assertThat(Services.names(temporary))
        .containsExactlyInAnyOrder(
            "work", "libkept-1.so", "opened", "mapped", documents.getFileName().toString());
  }

  @Test
  @DisplayName("is there although a restore was killed and left a part of it")
  void leftBehind() throws Exception {
    Files.createDirectories(temporary);
    Path left = Files.createFile(temporary.resolve("libdeleted-2.so.cr.1.ghost"));
    try (RunningProcess service = restored(image, folder, "left")) {
      assertThatAllIsThere(service);
      assertThat(left).doesNotExist();
      end(service);
    }
  }

  @Test
  @DisplayName("may lie elsewhere with --map")
  void elsewhere() throws Exception {
    wipe();
    Path other = Files.createDirectories(folder.resolve("other tmp"));
    try (RunningProcess service =
        restored(image, folder, "elsewhere", "--map", temporary + "=" + other)) {
      assertThatAllIsThere(service);
      assertThat(other.resolve(temporary.relativize(documents)).resolve("below/it/file"))
          .hasContent("a-text");
      assertThat(temporary).isEmptyDirectory();
      end(service);
    }
  }

  @Test
  @DisplayName("is not overwritten where it has changed")
  void changed() throws Exception {
    try (RunningProcess service = restored(image, folder, "before")) {
      end(service); // which puts all in place
    }
    Files.writeString(opened, "other\ncontent");
    try (RunningProcess restore = image.restore().start(folder, "changed")) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.error())
          .contains(
              opened
                  + " has changed: it has 13 bytes, and had 12. Delete it, and a restore puts it"
                  + " back as it was");
    }
    assertThat(opened).hasContent("other\ncontent");
    Files.delete(opened);
    try (RunningProcess service = restored(image, folder, "after")) {
      assertThatAllIsThere(service);
      end(service);
    }
  }

  @ParameterizedTest(name = "of a folder, or of the one above it: {0}")
  @ValueSource(booleans = {false, true})
  @DisplayName("is named where something else has taken its name")
  void fileInstead(boolean above) throws Exception {
    wipe();
    Path file = above ? temporary : documents;
    Files.createDirectories(file.getParent());
    Files.writeString(file, "somebody's");
    String finding = file + " is no folder, as the process had it: move it away\n";
    assertThat(check()).contains(finding);
    try (RunningProcess restore = image.restore().start(folder, "instead")) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.error()).contains(finding).doesNotContain("make room");
    }
    assertThat(file).hasContent("somebody's");
    Files.delete(file);
    try (RunningProcess service = restored(image, folder, "moved")) {
      assertThatAllIsThere(service);
      end(service);
    }
  }

  @Test
  @DisplayName("is told when the image's own copy of it was damaged")
  void damaged() throws Exception {
    wipe();
    Path copy = image.folder().resolve("copies/2");
    Path away = Files.copy(copy, folder.resolve("away"), StandardCopyOption.REPLACE_EXISTING);
    Files.writeString(copy, "else");
    try (RunningProcess restore = image.restore().start(folder, "damaged")) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.error()).contains("the image is damaged: its copy of " + temporary);
      assertThat(temporary).doesNotExist();
    }
    assertThat(check()).contains("the image is damaged: its copy of " + temporary);
    Files.copy(away, copy, StandardCopyOption.REPLACE_EXISTING);
    assertThat(check()).isEmpty();
  }
}
