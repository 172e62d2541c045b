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
import dev.cracadapters.criu.testing.SmallJdk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("With --map a process finds")
class MapIT {

  @TempDir static Path folder;
  private static Path old;
  private static Path moved;
  private static Path own;
  private static Image image;

  @BeforeAll
  static void takeACheckpointAndMoveAllThatItNeeds() throws Exception {
    old = Files.createDirectories(folder.resolve("there/the app's"));
    Path used = SmallJar.of(old.resolve("used.jar"), "used", "Used", "UsedLater");
    Path unused = SmallJar.of(old.resolve("unused.jar"), "unused", "Unused");
    own = SmallJar.of(folder.resolve("own.jar"), "own", "Own", "OwnLater");
    SmallJdk.make(old.resolve("jdk"));
    image = new Image(folder.resolve("image"));
    try (RunningProcess original =
        Services.command(image.folder())
            .javaHome(old.resolve("jdk"))
            .with(used, unused, own)
            .start(folder, "original")) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=");
      assertThat(ask(original, "call Used say Used is ", "called Used"))
          .isEqualTo("called Used is used");
      assertThat(ask(original, "call Own say Own is ", "called Own"))
          .isEqualTo("called Own is own");
      checkpoint(original);
    }
    moved = Files.createDirectories(folder.resolve("elsewhere")).resolve("app v=2");
    Files.move(old, moved);
    Files.delete(old.getParent());
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  private static void assertThatAllIsFound(RunningProcess service) throws Exception {
    assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
    assertThat(ask(service, "call UsedLater say UsedLater is ", "called UsedLater"))
        .isEqualTo("called UsedLater is used");
    assertThat(ask(service, "call Unused say Unused is ", "called Unused"))
        .isEqualTo("called Unused is unused");
    assertThat(ask(service, "call OwnLater say OwnLater is ", "called OwnLater"))
        .isEqualTo("called OwnLater is own");
    assertThat(ask(service, "call java.util.Currency getInstance EUR", "called E"))
        .isEqualTo("called EUR");
  }

  private static String map(Path from, Path to) {
    return from + "=" + to;
  }

  @Tag("essential")
  @Test
  @DisplayName("the JDK and its class path, jars that were not open yet, too, and nobody else does")
  void folder() throws Exception {
    try (RunningProcess service = restored(image, folder, "folder", "--map", map(old, moved))) {
      assertThatAllIsFound(service);
      assertThat(old).isEmptyDirectory();
      end(service);
    }
    assertThat(old).isEmptyDirectory();
  }

  @Test
  @DisplayName("them in clones side by side")
  void clones() throws Exception {
    String[] options = {"--clone", "--map", map(old, moved)};
    try (RunningProcess first = restored(image, folder, "first", options);
        RunningProcess second = restored(image, folder, "second", options)) {
      assertThatAllIsFound(first);
      end(first);
      assertThatAllIsFound(second);
      end(second);
    }
  }

  @Test
  @DisplayName("single files and folders by several options, the last of which decides")
  void several() throws Exception {
    Path away = Files.move(own, folder.resolve("own-2.jar"));
    try (RunningProcess service =
        restored(
            image,
            folder,
            "several",
            "--map",
            map(old, folder.resolve("elsewhere")),
            "--map",
            map(own, away),
            "--map",
            map(old, moved))) {
      assertThatAllIsFound(service);
      end(service);
    }
    Files.move(away, own, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  private static String refusal(int status, String... options) throws Exception {
    try (RunningProcess restore = image.restore(options).start(folder, "refused")) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(status);
      assertThat(restore.output()).isEmpty();
      return restore.error();
    }
  }

  @Test
  @DisplayName("all that is there, and what is not is told with its new path")
  void missing() throws Exception {
    Path away = Files.move(moved.resolve("used.jar"), folder.resolve("away.jar"));
    assertThat(refusal(125, "--map", map(old, moved)))
        .isEqualTo(
            "restore: the image %s cannot be restored here:\nrestore:   - %s is missing, where --map says that %s is\n"
                .formatted(image.folder(), moved.resolve("used.jar"), old.resolve("used.jar")));
    Files.move(away, moved.resolve("used.jar"));
    assertThat(refusal(125))
        .contains("the JDK is not at " + old.resolve("jdk"))
        .contains(
            old.resolve("used.jar") + " is missing: put it back, or name where it is by --map");
  }

  @Test
  @DisplayName("nothing where the paths make no sense, which is told")
  void senseless() throws Exception {
    assertThat(refusal(2, "--map", "relative=" + moved)).contains("it takes OLD=NEW");
    assertThat(refusal(2, "--map", "/=" + moved)).contains("it takes OLD=NEW");
    assertThat(refusal(2, "--map", old.toString())).contains("it takes OLD=NEW");
    assertThat(refusal(2, "--map")).contains("it takes OLD=NEW");
    assertThat(refusal(125, "--map", map(old, folder.resolve("none"))))
        .isEqualTo(
            "restore: --map %s=%s: there is no folder or file %s\n"
                .formatted(old, folder.resolve("none"), folder.resolve("none")));
    assertThat(refusal(125, "--map", map(old, moved), "--map", map(image.folder(), moved)))
        .contains(
            "%1$s lies below %1$s, which --map hides: restore a copy of it from another place"
                .formatted(image.folder()));
    assertThat(
            refusal(
                125, "--map", map(folder.resolve("elsewhere"), moved), "--map", map(old, moved)))
        .contains("is hidden by an earlier --map of " + folder.resolve("elsewhere"));
    assertThat(refusal(125, "--map", map(own, moved))).contains(own + " is no folder here");
    assertThat(refusal(125, "--map", map(own.resolve("below/it"), moved)))
        .contains(own.resolve("below/it") + " is not here, and cannot be made in " + own);
    assertThat(
            refusal(125, "--map", map(old, moved), "--map", map(Path.of("/proc/nowhere"), moved)))
        .isEqualTo(
            "restore: /proc/nowhere could not be made, for --map to mount %s there\n"
                .formatted(moved));
  }

  @Test
  @DisplayName("the same again after another checkpoint, where its streams are pipes")
  void again() throws Exception {
    Path next = folder.resolve("next");
    Services.copy(image.folder(), next);
    try (RunningProcess piped =
        RunningProcess.start(
            List.of(
                "sh",
                "-c",
                "\"$1/restore\" --map \"$2\" 2>&1 | cat",
                "caller",
                next.toString(),
                map(old, moved)),
            Map.of("TMPDIR", folder.toString()),
            folder,
            "again")) {
      piped.awaitLine("restored");
      ask(piped, "add 100", "sum=141");
      piped.send("checkpoint");
      assertThat(piped.awaitExit()).as(piped.told()).isZero();
    }
    // It wrote its image to where it was told to when it was started.
    Image second = new Image(Files.move(image.folder(), folder.resolve("second")));
    Files.move(next, image.folder());
    try (RunningProcess service = restored(second, folder, "again2", "--map", map(old, moved))) {
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=142");
      assertThat(ask(service, "call Unused say Unused is ", "called Unused"))
          .isEqualTo("called Unused is unused");
      end(service);
    }
  }
}
