/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("soak")
@RequiresCriu
@DisplayName("A heap that is mapped from an image")
class MappedHeapIT {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir Path folder;

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  @Tag("essential")
  @Test
  @DisplayName("keeps each byte while G1 gives memory back and takes it again, which is zeros then")
  void givenBack() throws Exception {
    keepsEachByte("-XX:+UseG1GC", true);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-XX:+UseSerialGC",
        "-XX:+UseParallelGC",
        "-XX:+UseShenandoahGC",
        "-XX:+UseTransparentHugePages",
        "-XX:+AlwaysPreTouch",
        "-XX:-UseCompressedOops"
      })
  @DisplayName("does so with other collectors and pages")
  void others(String option) throws Exception {
    keepsEachByte(option, true);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-XX:+UseG1GC", "-XX:+UseSerialGC", "-XX:+UseParallelGC"})
  @DisplayName("keeps each byte where the tables of its collector are mapped, too")
  void tables(String option) throws Exception {
    Path target = folder.resolve("image");
    try (RunningProcess original =
        Services.command(target, "-Dcrac.criu.map=on", option, "-Xms700m", "-Xmx700m")
            .start(folder, "original")) {
      original.awaitLine("ready");
      data(original, "0 fill 64");
      checkpoint(original);
    }
    Image image = new Image(target);
    try (RunningProcess service = restored(image, folder, "restored")) {
      assertThat(MappedMappings.bytes(image, "collectorTables")).isGreaterThanOrEqualTo(1 << 20);
      assertThat(data(service, "1 changed")).isZero();
      data(service, "2 drop");
      assertThat(data(service, "3 churn 900")).isZero();
      data(service, "4 fill 300");
      data(service, "5 drop");
      assertThat(data(service, "6 churn 900")).isZero();
      assertThat(data(service, "7 changed")).isZero();
      end(service);
    }
  }

  @Test
  @DisplayName("is ZGC's never: that is a memory file already, and is read")
  void shared() throws Exception {
    keepsEachByte("-XX:+UseZGC", false);
  }

  private void keepsEachByte(String option, boolean isMapped) throws Exception {
    Path target = folder.resolve("image");
    try (RunningProcess original =
        Services.command(target, "-Dcrac.criu.map=on", option).start(folder, "original")) {
      original.awaitLine("ready");
      data(original, "0 fill 64");
      checkpoint(original);
    }
    Image image = new Image(target);
    for (int turn = 0; turn < 2; turn++) {
      try (RunningProcess service = restored(image, folder, "turn" + turn)) {
        long mapped = MappedMappings.bytes(image.pid());
        assertThat(mapped > 24 << 20).as(mapped + " bytes are mapped").isEqualTo(isMapped);
        assertThat(data(service, "1 changed")).isZero();
        if (!option.contains("ZGC")) {
          data(service, "2 ratio 5");
        }
        data(service, "3 drop");
        if (option.contains("G1") && turn == 0) {
          assertThat(Deadline.after(LIMIT).await(() -> MappedMappings.bytes(image.pid()) < mapped))
              .as("memory was given back")
              .isTrue(); // by a thread of G1's own
        }
        assertThat(data(service, "4 changed")).isZero();
        assertThat(data(service, "5 churn 400")).isZero();
        assertThat(data(service, "6 trim 0")).isOne();
        assertThat(data(service, "7 churn 100")).isZero();
        assertThat(data(service, "8 changed")).isZero();
        if (turn == 0) {
          checkpoint(service);
        } else {
          end(service);
        }
      }
    }
  }

  private static int data(RunningProcess service, String question) throws Exception {
    String command = "call " + HeapData.class.getName() + " ask ";
    return Integer.parseInt(
        ask(service, command + question, "called " + question).replaceAll(".*=", ""));
  }
}
