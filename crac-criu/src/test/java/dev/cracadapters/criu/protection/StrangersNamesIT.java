/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protection;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.OrdinaryUser;
import dev.cracadapters.criu.testing.OutsideOfTmp;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a clone's socket for jcmd may be called is as long as the name of the original's, which has
 * its PID in it: the lower that is, the fewer names there are.
 */
@Tag("soak")
@RequiresCriu
@DisplayName("Another user of the machine who has made all names for a clone's socket")
class StrangersNamesIT {

  private static final int NAMES = 65_536;
  private static final Path ROOTS = Path.of("/run");
  private static final List<Path> PLACES =
      List.of(Path.of("/tmp"), Path.of("/dev/shm"), Path.of("/var/tmp"), ROOTS);

  @TempDir(factory = OutsideOfTmp.class)
  Path folder;

  private Image image;

  @BeforeEach
  void takeACheckpoint() throws Exception {
    OrdinaryUser.impossible().ifPresent(reason -> assumeTrue(false, reason));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path target = folder.resolve("image");
    try (RunningProcess original =
        Services.command(target)
            .by("sh", "-c", "\"$@\"; exit", "init")
            .by("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
            .start(folder, "original")) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=");
      checkpoint(original);
    }
    image = new Image(target);
    assertThat(image.pid()).isLessThan(10);
  }

  @AfterEach
  void removeThem() throws Exception {
    for (Path one : PLACES) {
      for (Path name : names(one)) {
        Files.delete(name);
      }
    }
    Services.assertNothingLeft(folder);
  }

  private static List<Path> names(Path place) throws IOException {
    try (Stream<Path> all = Files.list(place)) {
      return all.filter(one -> one.getFileName().toString().startsWith(".java_pidx")).toList();
    }
  }

  /** All names in /tmp and /run, and the only one of the same length in each of the others. */
  private static void takeAll(Path place, String... by) throws Exception {
    List<String> words = new ArrayList<>(List.of(by));
    int more = place.toString().length() == "/tmp".length() ? NAMES : 1;
    String format = more > 1 ? "/.java_pidx%04x\\n" : "/.java_pidx\\n";
    words.addAll(
        List.of(
            "sh",
            "-c",
            "awk 'BEGIN { for (i = 0; i < %d; i++) printf \"%s%s\", i }' | xargs touch"
                .formatted(more, place, format)));
    assertThat(new ProcessBuilder(words).inheritIO().start().waitFor()).isZero();
    assertThat(names(place)).hasSize(more);
  }

  @Test
  @DisplayName("does not keep root's clone from being restored")
  void rootsPlace() throws Exception {
    for (Path one : PLACES) {
      if (!one.equals(ROOTS)) {
        takeAll(one, Stranger.USER.by());
      }
    }
    try (RunningProcess clone = restored(image, folder, "clone", "--clone")) {
      assertThat(clone.error()).isEmpty();
      assertThat(names(ROOTS)).hasSize(1);
      assertThat(ask(clone, "add 1", "sum=")).isEqualTo("sum=42");
      end(clone);
    }
    assertThat(names(ROOTS)).isEmpty();
  }

  @Test
  @DisplayName("does not have it look for one for ever")
  void bound() throws Exception {
    for (Path one : PLACES) {
      takeAll(one);
    }
    try (RunningProcess restore = image.restore("--clone").start(folder, "refused")) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.error()).contains("no name for the attach socket is left");
    }
  }
}
