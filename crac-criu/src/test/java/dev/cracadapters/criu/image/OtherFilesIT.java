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
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A jar in a folder of root's, one where everybody may write, and a temporary file that the image
 * brings along. Whoever may write where a needed file is can have it be anything.
 */
@Tag("soak")
@RequiresCriu
@DisplayName("A needed file that is something else at the restore")
class OtherFilesIT {

  /** To read it all would take an hour, and takes no room. */
  private static final long HUGE = 4L << 40;

  @TempDir static Path folder;
  private static Image image;

  private Path file;

  @BeforeAll
  static void takeACheckpoint() throws Exception {
    Path shared = Files.createDirectory(folder.resolve("shared"));
    Files.setAttribute(shared, "unix:mode", 01777);
    Path own = Files.createDirectory(folder.resolve("own"));
    Path copied = Files.writeString(own.resolve("copied"), "text");
    Path target = folder.resolve("image");
    try (RunningProcess original =
        Services.command(target, "-Djava.io.tmpdir=" + own)
            .with(
                SmallJar.of(folder.resolve("private.jar"), "private", "Private"),
                SmallJar.of(shared.resolve("open.jar"), "open", "Open"))
            .by("sh", "-c", "exec \"$@\" 7< '%s'".formatted(copied), "starter")
            .start(folder, "original")) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=");
      checkpoint(original);
    }
    image = new Image(target);
  }

  @AfterEach
  void itRestores() throws Exception {
    Files.delete(file);
    Files.move(folder.resolve("away"), file);
    Services.assertNothingLeft(folder);
    try (RunningProcess service = restored(image, folder, "after")) {
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
    }
  }

  private static void isRefused(String what) throws Exception {
    for (String[] options : List.of(new String[] {}, new String[] {"--check"})) {
      try (RunningProcess restore = image.restore(options).start(folder, "refused")) {
        // Within a minute, or this throws.
        assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
        assertThat(restore.error().lines().toList())
            .containsExactly(
                "restore: the image " + image.folder() + " cannot be restored here:",
                "restore:   - " + what);
      }
    }
  }

  @Tag("essential")
  @ParameterizedTest
  @CsvSource({"private.jar", "shared/open.jar", "own/copied"})
  @DisplayName("is not read where it has another size, however large it is")
  void huge(String name) throws Exception {
    file = folder.resolve(name);
    Path away = Files.move(file, folder.resolve("away"));
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(HUGE);
    }
    isRefused(
        "%s has changed: it has %d bytes, and had %d. %s"
            .formatted(
                file,
                HUGE,
                Files.size(away),
                name.equals("own/copied")
                    ? "Delete it, and a restore puts it back as it was"
                    : "Put it back as it was"));
  }

  @ParameterizedTest
  @CsvSource({
    "private.jar, mkfifo",
    "shared/open.jar, mkfifo",
    "own/copied, mkfifo",
    "private.jar, ln -s /dev/zero",
    "shared/open.jar, ln -s /dev/zero",
    "own/copied, ln -s /dev/zero",
    "private.jar, mkdir",
    "shared/open.jar, mkdir",
    "own/copied, mkdir"
  })
  @DisplayName("is named where it is no file, and not opened")
  void noFile(String name, String command) throws Exception {
    file = folder.resolve(name);
    Files.move(file, folder.resolve("away"));
    try (RunningProcess make =
        RunningProcess.start(
            List.of("sh", "-c", command + " \"$1\"", "sh", file.toString()),
            Map.of(),
            folder,
            "make")) {
      assertThat(make.awaitExit()).as(make.told()).isZero();
    }
    isRefused(file + " is no file, as it was: put that back");
    assertThat(Files.exists(file, LinkOption.NOFOLLOW_LINKS)).isTrue();
  }
}
