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
import dev.cracadapters.criu.testing.SmallJar;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
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
@DisplayName("The files that a process needs")
class NeededFilesIT {

  @TempDir static Path folder;
  private static Path classes;
  private static Path used;
  private static Path unused;
  private static Path work;
  private static Image image;

  private String name;

  @BeforeAll
  static void takeACheckpoint() throws Exception {
    Path libraries = Files.createDirectory(folder.resolve("the 'libraries'"));
    used = SmallJar.of(libraries.resolve("used.jar"), "used", "Used", "UsedLater");
    unused = SmallJar.of(libraries.resolve("unused.jar"), "unused", "Unused");
    classes = Files.createDirectory(libraries.resolve("classes"));
    work = Files.createDirectory(folder.resolve("work"));
    Path target = folder.resolve("image");
    Path temporary = Files.createDirectory(folder.resolve("temporary"));
    List<String> words = new ArrayList<>(List.of("env", "-C", work.toString()));
    words.addAll(
        Services.command(target, "-Djava.io.tmpdir=" + temporary)
            .with(classes, used, unused)
            .words());
    try (RunningProcess original =
        RunningProcess.start(words, java.util.Map.of(), folder, "original")) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=");
      assertThat(ask(original, "call Used say Used is ", "called Used"))
          .isEqualTo("called Used is used");
      checkpoint(original);
    }
    image = new Image(target);
  }

  @BeforeEach
  void name(TestInfo test) {
    name = test.getTestMethod().orElseThrow().getName();
  }

  @AfterEach
  void nothingIsLeftAndItRestores() throws Exception {
    Services.assertNothingLeft(folder);
    restores(name + "-after");
    Services.assertNothingLeft(folder);
  }

  private static void restores(String name) throws Exception {
    assertThat(check(name + "-check")).isEmpty();
    try (RunningProcess service = restored(image, folder, name)) {
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      assertThat(ask(service, "call UsedLater say UsedLater is ", "called UsedLater"))
          .isEqualTo("called UsedLater is used");
      assertThat(ask(service, "call Unused say Unused is ", "called Unused"))
          .isEqualTo("called Unused is unused");
      end(service);
    }
  }

  /** What the check says, which is what the restore says, too. */
  private static String check(String name) throws Exception {
    try (RunningProcess check = image.restore("--check").start(folder, name)) {
      int status = check.awaitExit();
      assertThat(status).as(check.told()).isEqualTo(check.error().isEmpty() ? 0 : 125);
      return check.error();
    }
  }

  private List<String> findings() throws Exception {
    try (RunningProcess restore = image.restore().start(folder, name)) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.error()).isEqualTo(check(name + "-check"));
      List<String> lines = restore.error().lines().toList();
      assertThat(lines.get(0))
          .isEqualTo("restore: the image " + image.folder() + " cannot be restored here:");
      return lines.stream().skip(1).map(line -> line.replaceFirst("^restore:   - ", "")).toList();
    }
  }

  private static Path away(Path file) throws Exception {
    return Files.move(file, folder.resolve("away"), StandardCopyOption.REPLACE_EXISTING);
  }

  @Test
  @DisplayName("are the same when they were copied, with other times and modes")
  void copied() throws Exception {
    for (Path jar : List.of(used, unused)) {
      Path copy = folder.resolve("copy");
      Files.copy(jar, copy);
      Files.move(copy, jar, StandardCopyOption.REPLACE_EXISTING);
      Files.setLastModifiedTime(jar, FileTime.from(Instant.parse("2001-02-03T04:05:06Z")));
      Files.setPosixFilePermissions(jar, PosixFilePermissions.fromString("r--------"));
    }
    restores(name);
  }

  @Tag("essential")
  @Test
  @DisplayName("are missed, used or not, and their folders, too")
  void missing() throws Exception {
    Path away = away(used.getParent());
    assertThat(findings())
        .containsExactly(
            used.resolveSibling("unused.jar")
                + " is missing: put it back, or name where it is by --map OLD=NEW",
            used + " is missing: put it back, or name where it is by --map OLD=NEW",
            classes + " is missing: put it back, or name where it is by --map OLD=NEW");
    Files.move(away, used.getParent());
  }

  @Test
  @DisplayName("are missed where it is the working directory")
  void workingDirectory() throws Exception {
    Files.delete(work);
    assertThat(findings())
        .containsExactly(work + " is missing: put it back, or name where it is by --map OLD=NEW");
    Files.createDirectory(work);
  }

  @Tag("essential")
  @Test
  @DisplayName("are found to have changed by size and by content, in one message")
  void changed() throws Exception {
    byte[] usedBefore = Files.readAllBytes(used);
    byte[] unusedBefore = Files.readAllBytes(unused);
    Files.write(used, new byte[] {1, 2, 3}, StandardOpenOption.APPEND);
    byte[] other = unusedBefore.clone();
    other[other.length / 2] ^= 1;
    Files.write(unused, other);
    Files.setLastModifiedTime(unused, FileTime.from(Instant.now().plusSeconds(60)));
    assertThat(findings())
        .containsExactlyInAnyOrder(
            unused + " has changed: it has other content of the same size. Put it back as it was",
            "%s has changed: it has %d bytes, and had %d. Put it back as it was"
                .formatted(used, usedBefore.length + 3, usedBefore.length));
    Files.write(used, usedBefore);
    Files.write(unused, unusedBefore);
  }

  @Test
  @DisplayName("are looked at by their content in a check, for a change that kept size and time")
  void changedInSecret() throws Exception {
    FileTime time = Files.getLastModifiedTime(unused);
    byte[] before = Files.readAllBytes(unused);
    byte[] other = before.clone();
    other[other.length / 2] ^= 1;
    Files.write(unused, other);
    Files.setLastModifiedTime(unused, time);
    assertThat(check(name)).contains(unused + " has changed: it has other content");
    Files.write(unused, before);
    Files.setLastModifiedTime(unused, time);
  }
}
