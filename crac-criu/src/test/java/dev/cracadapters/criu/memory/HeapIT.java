/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.memory;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@RequiresCriu
@Tag("soak")
@DisplayName("The heap")
class HeapIT {

  private static final long MEGABYTE = 1 << 20;

  @TempDir Path folder;

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  @Test
  @DisplayName("is trimmed before the dump: garbage is not in the image")
  @Tag("essential")
  void trimmed() throws Exception {
    long whole = imageAfterGarbage("whole", "-Dcrac.criu.trim=false");
    long trimmed = imageAfterGarbage("trimmed", "-Dcrac.criu.trim=true");
    // Of 100 MB of garbage; what else the JVM has differs by its version.
    assertThat(whole - trimmed).as("%s of %s bytes", trimmed, whole).isGreaterThan(80 * MEGABYTE);
  }

  private long imageAfterGarbage(String name, String option) throws Exception {
    Path image = folder.resolve(name);
    try (RunningProcess service =
        Services.command(image, "-XX:+UseG1GC", option).start(folder, name)) {
      service.awaitLine("ready");
      ask(service, "garbage 100", "garbage");
      checkpoint(service);
    }
    return Files.size(image.resolve("criu/pages-1.img"));
  }

  @Test
  @DisplayName("has its settings back after the restore")
  void flags() throws Exception {
    Path image = folder.resolve("image");
    List<String> asked = List.of("MinHeapFreeRatio=17", "MaxHeapFreeRatio=71");
    try (RunningProcess service =
        Services.command(image, "-XX:+UseG1GC", "-XX:" + asked.get(0), "-XX:" + asked.get(1))
            .start(folder, "original")) {
      service.awaitLine("ready");
      checkpoint(service);
    }
    try (RunningProcess service = restored(new Image(image), folder, "restored")) {
      for (String flag : asked) {
        String name = flag.substring(0, flag.indexOf('='));
        assertThat(ask(service, "flag " + name, "flag " + name)).isEqualTo("flag " + flag);
      }
      end(service);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"SerialGC", "ParallelGC", "ZGC"})
  @DisplayName("of other collectors comes back, too, twice")
  void collectors(String collector) throws Exception {
    Image image = Services.checkpointed(folder, "-XX:+Use" + collector);
    for (int turn = 0; turn < 2; turn++) {
      try (RunningProcess service = restored(image, folder, "turn" + turn)) {
        assertThat(ask(service, "state", "state")).contains("data=3b186c17");
        ask(service, "garbage 100", "garbage 100");
        end(service);
      }
    }
  }
}
