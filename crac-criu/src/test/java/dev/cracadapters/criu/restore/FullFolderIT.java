/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.OutsideOfTmp;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
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

  /**
   * FOLDER FREE OPTIONS-OF-THE-TMPFS COMMAND...: the command with a tmpfs of which little is left.
   */
  private static final String FILLED =
      "mkdir -p \"$1\" && mount -t tmpfs -o mode=1777,$3 tmpfs \"$1\" || exit 9\n"
          + "if [ \"$2\" != all ]; then cat /dev/zero > \"$1/all\"; truncate -s \"-$2K\" \"$1/all\"; fi 2> /dev/null\n"
          + "shift 3; exec \"$@\"";

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
      List<String> filled, Path temporary, String name, String... options) throws Exception {
    List<String> words = new ArrayList<>(List.of("unshare", "--mount", "sh", "-c", FILLED, "full"));
    words.addAll(filled);
    return image
        .restore(options)
        .environment("TMPDIR", temporary.toString())
        .by(words.toArray(String[]::new))
        .start(folder, name);
  }

  @Tag("essential")
  @Test
  @DisplayName("goes on without counters where only these have no room, and says so")
  void counters() throws Exception {
    Path counters = Path.of("/tmp/hsperfdata_" + System.getProperty("user.name"));
    try (RunningProcess service =
        restore(List.of(counters.toString(), "8", "size=64k"), folder, "counters")) {
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
  @ValueSource(strings = {"", "--clone", "--map /opt/not-here=/opt"})
  @DisplayName("of all temporary files is refused with cause and remedy, or comes up: at once")
  void temporaryFiles(String options) throws Exception {
    String[] words = options.isEmpty() ? new String[0] : options.split(" ");
    List<Integer> refused = new ArrayList<>();
    for (int free : List.of(0, 4, 8, 32, 36, 40)) {
      if (isRefused(
          List.of("/tmp", "" + free, "size=64k"), "full" + words.length + "-" + free, words)) {
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
      if (isRefused(List.of("/tmp", "all", "nr_inodes=" + files), "files-" + files)) {
        refused.add(files);
      }
    }
    assertThat(refused).startsWith(2, 3, 4);
  }

  private static boolean isRefused(List<String> filled, String name, String... options)
      throws Exception {
    try (RunningProcess service = restore(filled, Path.of("/tmp"), name, options)) {
      Optional<String> restored = service.awaitLineOrExit("restored ");
      if (restored.isPresent()) {
        assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
        end(service);
        return false;
      }
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(125);
      assertThat(service.error())
          .satisfiesAnyOf(
              error -> assertThat(error).contains(MAKE_ROOM),
              error ->
                  assertThat(error).contains("No space left on device").contains("make room there"),
              error -> assertThat(error).contains("name a writable one in TMPDIR, with room"));
      return true;
    }
  }
}
