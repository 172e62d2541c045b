/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.FullTmpfs;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.OutsideOfTmp;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("soak")
@RequiresCriu
@DisplayName("A restore where a folder is full")
class FullFolderIT {

  private static final Path TMP = Path.of("/tmp");
  private static final String MAKE_ROOM = ": make room there, or name another folder in TMPDIR";

  @TempDir(factory = OutsideOfTmp.class)
  static Path folder;

  private static Image image;

  @BeforeAll
  static void takeACheckpoint() throws Exception {
    image = Services.checkpointed(folder);
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  private static RunningProcess restore(
      String[] full, Path temporary, String name, String... options) throws Exception {
    return image
        .restore(options)
        .environment("TMPDIR", temporary.toString())
        .by(full)
        .start(folder, name);
  }

  @Tag("essential")
  @Test
  @DisplayName("goes on without counters where only these have no room, and says so")
  void counters() throws Exception {
    Path counters = Path.of("/tmp/hsperfdata_" + System.getProperty("user.name"));
    try (RunningProcess service =
        restore(FullTmpfs.by(counters, 8, "mode=755"), folder, "counters")) {
      service.awaitLine("restored ");
      assertThat(ask(service, "garbage 60", "garbage")).isEqualTo("garbage 60"); // is counted
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
      assertThat(service.error())
          .contains(
              "restore: "
                  + counters
                  + " has no room for the counters of the process: jps does not");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "--clone", "--map"})
  @DisplayName("of all temporary files is refused with cause and remedy, or comes up: at once")
  void temporaryFiles(String options) throws Exception {
    String[] words =
        options.equals("--map")
            ? new String[] {"--map", folder.resolve("old") + "=" + folder}
            : options.isEmpty() ? new String[0] : new String[] {options};
    List<Integer> refused = new ArrayList<>();
    for (int free : List.of(0, 4, 8, 32, 36, 40)) {
      String[] full = FullTmpfs.by(TMP, free, "mode=1777");
      if (isRefused(full, "full" + words.length + "-" + free, words)) {
        refused.add(free);
      }
    }
    assertThat(refused).startsWith(0);
  }

  @Test
  @DisplayName("of its number of files is refused with cause and remedy, or comes up: at once")
  void numberOfFiles() throws Exception {
    List<Integer> refused = new ArrayList<>();
    for (int files = 2; files < 14; files++) {
      if (isRefused(FullTmpfs.byNumberOfFiles(TMP, files), "files-" + files)) {
        refused.add(files);
      }
    }
    assertThat(refused).startsWith(2, 3, 4);
  }

  private static boolean isRefused(String[] full, String name, String... options) throws Exception {
    try (RunningProcess service = restore(full, TMP, name, options)) {
      Optional<String> restored = service.awaitLineOrExit("restored ");
      if (restored.isPresent()) {
        assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
        end(service);
        return false;
      }
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(125);
      assertThat(service.error().lines()).singleElement().asString().startsWith("restore: ");
      assertThat(service.error())
          .satisfiesAnyOf(
              error -> assertThat(error).contains(MAKE_ROOM),
              error ->
                  assertThat(error).contains("No space left on device").contains("make room there"),
              error -> assertThat(error).contains("name a writable one in TMPDIR, with room"));
      return true;
    }
  }

  @Test
  @DisplayName("of the process's temporary files leaves nothing of those there, and says so")
  void putBack() throws Exception {
    Path own = Files.createDirectory(folder.resolve("own"));
    Path file = Files.writeString(own.resolve("read"), "text".repeat(20_000));
    Path target = folder.resolve("with-copies");
    try (RunningProcess original =
        Services.command(target, "-Djava.io.tmpdir=" + own)
            .by("sh", "-c", "exec \"$@\" 7< '%s'".formatted(file), "starter")
            .start(folder, "with-copies")) {
      original.awaitLine("ready");
      Services.checkpoint(original);
    }
    Files.delete(file);
    String list = "\"$@\"; status=$?; ls -A '%s'; exit $status".formatted(own);
    try (RunningProcess restore =
        new Image(target)
            .restore()
            .by("sh", "-c", list, "list")
            .by(FullTmpfs.by(own, 8, "mode=755"))
            .start(folder, "put-back")) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.error())
          .contains(
              "the temporary file "
                  + file
                  + ", which the process needs, could not be put back (No space left on device): make");
      assertThat(restore.output()).isEqualTo("all\n");
    }
  }

  @Test
  @DisplayName("of files, where a temporary folder is to be made again, is refused with the reason")
  void folderOfTemporaryFile() throws Exception {
    Path own = Files.createDirectory(folder.resolve("of-folders"));
    Path file =
        Files.writeString(Files.createDirectory(own.resolve("sub")).resolve("read"), "text");
    Path target = folder.resolve("with-folder");
    try (RunningProcess original =
        Services.command(target, "-Djava.io.tmpdir=" + own)
            .by("sh", "-c", "exec \"$@\" 7< '%s'".formatted(file), "starter")
            .start(folder, "with-folder")) {
      original.awaitLine("ready");
      Services.checkpoint(original);
    }
    try (RunningProcess restore =
        new Image(target)
            .restore()
            .by(FullTmpfs.byNumberOfFiles(own, 1))
            .start(folder, "no-folder")) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.error())
          .isEqualTo(
              "restore: the temporary folder "
                  + file.getParent()
                  + ", which the process needs, could not be made (No space left on device): make room"
                  + " there, or make it\n");
    }
  }
}
