/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RequiresCriu
@Tag("soak")
@DisplayName("An ID that the kernel has not yet freed, and no task has,")
class FreedIdIT {

  @TempDir Path folder;
  private Image image;

  @BeforeEach
  void takeACheckpoint() throws Exception {
    image = Services.checkpointed(folder);
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  /**
   * In a PID namespace where the last of the process's IDs is that of a session for a while, whose
   * leader has ended.
   */
  private Image.Restore whereItIsTaken(String seconds) throws Exception {
    long last =
        Services.names(image.folder().resolve("criu")).stream()
            .filter(file -> file.matches("core-\\d+\\.img"))
            .mapToLong(file -> Long.parseLong(file.replaceAll("\\D", "")))
            .max()
            .orElseThrow();
    return image
        .restore("-e", "callers.own")
        .arguments("one", "--again")
        .by(
            "unshare",
            "--pid",
            "--fork",
            "--mount-proc",
            "--kill-child",
            "sh",
            "-c",
            """
            echo %d > /proc/sys/kernel/ns_last_pid
            setsid sh -c 'sleep %s & :'
            [ ! -e /proc/%d ] || exit 3
            env callers.own=1 LC_ALL=C.UTF-8 "$@"
            exit $?
            """
                .formatted(last - 1, seconds, last),
            "caller");
  }

  @Test
  @DisplayName("is waited for by a restore")
  @Tag("essential")
  void waitedFor() throws Exception {
    try (RunningProcess service = whereItIsTaken("0.5").start(folder, "restored")) {
      assertThat(service.awaitLine("restored ")).contains("arguments=[one, --again] ");
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      assertThat(ask(service, "environment callers.own", "environment 1")).isNotEmpty();
      assertThat(ask(service, "environment LC_ALL", "environment C."))
          .isEqualTo("environment C.UTF-8");
      assertThat(service.error()).isEmpty();
      end(service);
    }
  }

  @Test
  @DisplayName("is not waited for for ever")
  void givenUp() throws Exception {
    try (RunningProcess service = whereItIsTaken("60").start(folder, "refused")) {
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(125);
      assertThat(service.error())
          .isEqualTo(
              "restore: the ID of a thread of the process is taken here: restore it with"
                  + " --clone\n");
    }
  }
}
