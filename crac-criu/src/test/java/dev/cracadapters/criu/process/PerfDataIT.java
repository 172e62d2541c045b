/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.process;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("soak")
@RequiresCriu
@DisplayName("The JVM's file of performance counters")
class PerfDataIT {

  @TempDir Path folder;

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  private static Path counters(long pid) {
    return Path.of("/tmp/hsperfdata_" + System.getProperty("user.name"), Long.toString(pid));
  }

  @Tag("essential")
  @Test
  @DisplayName("is there again at each restore, though the process before deleted it when it ended")
  void again() throws Exception {
    Image image = Services.checkpointed(folder);
    Path counters = counters(image.pid());
    for (int turn = 0; turn < 2; turn++) {
      Files.deleteIfExists(counters);
      try (RunningProcess service = restored(image, folder, "turn" + turn)) {
        // The mapping, not the file: another JVM that starts meanwhile may delete that.
        assertThat(Files.readString(Path.of("/proc/" + image.pid() + "/maps")))
            .contains(counters.toString());
        end(service);
      }
      assertThat(counters).doesNotExist();
    }
  }

  @Test
  @DisplayName("may be deleted while the process comes back, as any JVM that starts then does")
  void deletedMeanwhile() throws Exception {
    Image image = Services.checkpointed(folder);
    Path counters = counters(image.pid());
    AtomicBoolean over = new AtomicBoolean();
    Thread deleting =
        new Thread(
            () -> {
              while (!over.get()) {
                counters.toFile().delete();
              }
            });
    deleting.start();
    try {
      for (int turn = 0; turn < 5; turn++) {
        try (RunningProcess service = restored(image, folder, "turn" + turn)) {
          assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
          end(service);
        }
      }
    } finally {
      over.set(true);
      deleting.join(10_000);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-XX:-UsePerfData", "-XX:+PerfDisableSharedMem"})
  @DisplayName("is not missed where the JVM has none")
  void none(String option) throws Exception {
    Image image = Services.checkpointed(folder, option);
    assertThat(image.folder().resolve("perfdata")).doesNotExist();
    for (String way : new String[] {"--", "--clone"}) {
      try (RunningProcess service = restored(image, folder, "way" + way, way)) {
        assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
        end(service);
      }
    }
  }
}
