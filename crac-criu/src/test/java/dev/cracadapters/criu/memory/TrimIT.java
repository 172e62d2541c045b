/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.memory;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@RequiresCriu
@Tag("soak")
@DisplayName("The heap of each collector")
class TrimIT {

  private static final String RATIOS = "MinHeapFreeRatio=17 MaxHeapFreeRatio=71";

  @TempDir Path folder;

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  @ParameterizedTest
  @CsvSource({
    "G1, 1.5, -Xms16m", // on a busy machine it gives some back by itself
    "Serial, 2, -Xms16m",
    "Parallel, 1.3, -Xms16m -XX:+UseAdaptiveSizePolicyWithSystemGC",
    "Z, 1.5, -XX:ZUncommitDelay=1",
    "Shenandoah, 2, -Xms16m"
  })
  @DisplayName("is given back before the dump as far as the collector can, and all of it works on")
  void smaller(String collector, double times, String flags) throws Exception {
    assumeThereIs(collector);
    List<String> options = new ArrayList<>(List.of("-XX:+Use" + collector + "GC"));
    options.addAll(List.of(flags.split(" ")));
    long trimmed = imageAfterGarbage("trimmed", options);
    options.add("-Dcrac.criu.trim=false");
    long whole = imageAfterGarbage("whole", options);
    assertThat((double) whole / trimmed)
        .as("%d bytes without the trim, %d with it", whole, trimmed)
        .isGreaterThan(times);
    try (RunningProcess service = restored(image("trimmed"), folder, "restored")) {
      assertThat(ask(service, "state", "state")).contains("data=3b186c17");
      ask(service, "garbage 100", "garbage 100");
      end(service);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"G1", "Serial"})
  @DisplayName("is collected and given back where System.gc() does nothing, too")
  void explicitCollectionsDisabled(String collector) throws Exception {
    List<String> options =
        new ArrayList<>(
            List.of("-XX:+Use" + collector + "GC", "-XX:+DisableExplicitGC", "-Xms16m"));
    long trimmed = imageAfterGarbage("trimmed", options);
    options.add("-Dcrac.criu.trim=false");
    long whole = imageAfterGarbage("whole", options);
    assertThat((double) whole / trimmed)
        .as("%d bytes without the trim, %d with it", whole, trimmed)
        .isGreaterThan(1.3);
  }

  @ParameterizedTest
  @ValueSource(strings = "Shenandoah")
  @DisplayName("says why nothing was collected, and does not blame -Xms")
  void trueReason(String collector) throws Exception {
    assumeThereIs(collector);
    Path image = image("kept").folder();
    try (RunningProcess service =
        Services.command(image, "-XX:+Use" + collector + "GC", "-XX:+DisableExplicitGC")
            .with(loggingLibrary())
            .start(folder, "kept")) {
      service.awaitLine("ready");
      ask(service, "garbage 100", "garbage");
      checkpoint(service);
      assertThat(service.output() + service.error())
          .contains("that are free, and the image holds them: no collection took place")
          .contains("-XX:+DisableExplicitGC")
          .doesNotContain("-Xms");
    }
  }

  /** Its messages are looked at: without it those of our classes go nowhere. */
  private static Path[] loggingLibrary() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> entry.contains("logback"))
        .map(Path::of)
        .toArray(Path[]::new);
  }

  private Image image(String name) {
    return new Image(folder.resolve(name));
  }

  private long imageAfterGarbage(String name, List<String> options) throws Exception {
    Path image = image(name).folder();
    try (RunningProcess service =
        Services.command(image, options.toArray(String[]::new)).start(folder, name)) {
      service.awaitLine("ready");
      ask(service, "garbage 100", "garbage");
      checkpoint(service);
    }
    long bytes = 0;
    for (String file : Services.names(image.resolve("criu"))) {
      bytes += Files.size(image.resolve("criu").resolve(file));
    }
    return bytes;
  }

  @ParameterizedTest
  @ValueSource(strings = {"G1", "Serial", "Parallel", "Z", "Shenandoah"})
  @DisplayName("has its flags as they were after the restore, and after a checkpoint that failed")
  void flags(String collector) throws Exception {
    assumeThereIs(collector);
    Path switched = folder.resolve("fails");
    Path criu =
        Services.script(
            folder.resolve("criu"),
            "#!/bin/sh",
            "[ \"$1\" != dump ] || [ ! -e '" + switched + "' ] || exit 3",
            "exec '" + WorkingCriu.here().path() + "' \"$@\"");
    Path image = folder.resolve("image");
    try (RunningProcess service =
        Services.command(image, "-XX:+Use" + collector + "GC")
            .options("-XX:MinHeapFreeRatio=17", "-XX:MaxHeapFreeRatio=71")
            .property("crac.criu", criu)
            .start(folder, "original")) {
      service.awaitLine("ready");
      Files.createFile(switched);
      assertThat(ask(service, "checkpoint", "refused")).contains("exit status 3");
      assertThat(ask(service, "ratios refused", "ratios")).isEqualTo("ratios refused " + RATIOS);
      Files.delete(switched);
      checkpoint(service);
      try (RunningProcess restored = restored(new Image(image), folder, "restored")) {
        assertThat(ask(restored, "ratios restored", "ratios"))
            .isEqualTo("ratios restored " + RATIOS);
        end(restored);
      }
    }
  }

  private static void assumeThereIs(String collector) throws Exception {
    Process java =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+Use" + collector + "GC",
                "-version")
            .redirectErrorStream(true)
            .start();
    String said = new String(java.getInputStream().readAllBytes());
    assumeTrue(java.waitFor() == 0, "This JDK has no " + collector + ": " + said);
  }
}
