/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.CommandedService;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** In a PID namespace of its own a task can be had with any ID. */
@Tag("soak")
@RequiresCriu
@DisplayName("Where the ID of a thread of the process is taken")
class TakenIdIT {

  @TempDir static Path folder;
  private static Image image;
  private static long last;

  @BeforeAll
  static void takeACheckpoint() throws Exception {
    image = Services.checkpointed(folder);
    last =
        Services.names(image.folder().resolve("criu")).stream()
            .filter(file -> file.matches("core-\\d+\\.img"))
            .mapToLong(file -> Long.parseLong(file.replaceAll("\\D", "")))
            .max()
            .orElseThrow();
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  /** While it waits for the ID to be taken it starts no command, which could take it itself. */
  private Image.Restore where(long lastPid, String taker, String... options) {
    return image
        .restore(options)
        .by(
            "unshare",
            "--pid",
            "--fork",
            "--mount-proc",
            "--kill-child",
            "sh",
            "-c",
            "echo %d > /proc/sys/kernel/ns_last_pid\n%s\nuntil [ -e /proc/%d ]; do :; done\n\"$@\""
                .formatted(lastPid, taker, last),
            "caller");
  }

  private static String finding(long id, String by) {
    return "restore: the image %s cannot be restored here:\nrestore:   - the ID of a thread of the process is taken here (%d, by %s): restore it with --clone\n"
        .formatted(image.folder(), id, by);
  }

  @ParameterizedTest
  @CsvSource({
    "0, sleep 60 &, sleep",
    "1, sh -c 'sleep 0 & exec sleep 60' &, sleep", // a zombie: nobody reaps it
  })
  @DisplayName("by a process, a restore says so before CRIU starts")
  void byProcess(int before, String taker, String by) throws Exception {
    try (RunningProcess refused = where(last - 1 - before, taker).start(folder, "refused")) {
      assertThat(refused.awaitExit()).as(refused.told()).isEqualTo(125);
      // The one before may be the ID of another thread: where a process started between the two, it
      // is not.
      assertThat(refused.error()).isIn(finding(last, by), finding(last - before, by));
    }
  }

  @Test
  @DisplayName("by a thread of another process, a restore says so before CRIU starts")
  void byThread() throws Exception {
    String java =
        "sleep 60 | '%s' -cp '%s' %s > /dev/null &"
            .formatted(
                Path.of(System.getProperty("java.home"), "bin/java"),
                System.getProperty("java.class.path"),
                CommandedService.class.getName());
    try (RunningProcess refused = where(last - 8, java).start(folder, "refused")) {
      assertThat(refused.awaitExit()).as(refused.told()).isEqualTo(125);
      assertThat(refused.error())
          .startsWith("restore: the image " + image.folder() + " cannot be restored here:\n")
          .containsPattern("is taken here \\(\\d+, by .+\\): ");
    }
  }

  @Test
  @DisplayName("it is restored with --clone")
  void restoredAsAClone() throws Exception {
    try (RunningProcess service =
        where(last - 1, "sleep 60 &", "--clone").start(folder, "restored")) {
      service.awaitLine("restored ");
      end(service);
    }
  }
}
