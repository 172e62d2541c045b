/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.random;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("Threads that draw random numbers without pause, over a dump and a restore by CRIU")
class DrawingClonesIT {

  /** So many at a time, however many there are. */
  private static final int AT_A_TIME = 2;

  @TempDir Path folder;

  /** Which clone drew a number first, and on which thread. */
  private final Map<String, String> drawn = new HashMap<>();

  private final List<String> common = new ArrayList<>();
  private final List<String> holds = new ArrayList<>();

  @Tag("essential")
  @Test
  @DisplayName("have no number in common in three clones")
  void three() throws Exception {
    noneInCommon(3);
  }

  @Test
  @DisplayName("have no number in common in 64 clones")
  void sixtyFour() throws Exception {
    noneInCommon(64);
  }

  private void noneInCommon(int clones) throws Exception {
    Path image = folder.resolve("image");
    try (RunningProcess original =
        JvmCommand.ofMainClass(DrawingService.class.getName())
            .without("logback", "bcprov")
            .options("-Xmx256m", "-Djdk.virtualThreadScheduler.parallelism=2")
            .image(image)
            .start(folder, "original")) {
      original.awaitLine("ready");
      checkpoint(original);
    }
    long ended = System.currentTimeMillis();
    Awaitility.await("a time in which all stand still")
        .atMost(10, TimeUnit.SECONDS)
        .until(() -> System.currentTimeMillis() - ended > DrawingService.GAP);
    for (int begun = 0; begun < clones; begun += AT_A_TIME) {
      restore(new Image(image), begun, Math.min(AT_A_TIME, clones - begun));
    }
    assertThat(common).as("drawn by two clones").isEmpty();
    assertThat(holds).hasSize(clones).allMatch(hold -> hold.contains("whyNot=null"));
    System.out.printf("%d numbers of %d clones. %s%n", drawn.size(), clones, holds);
  }

  private void restore(Image image, int first, int count) throws Exception {
    long began = System.currentTimeMillis();
    List<RunningProcess> clones = new ArrayList<>();
    try {
      for (int number = first; number < first + count; number++) {
        clones.add(image.restore("--clone").start(folder, "clone" + number));
      }
      for (int index = 0; index < count; index++) {
        RunningProcess clone = clones.get(index);
        holds.add(clone.awaitLine("restored "));
        ask(clone, "write", "written");
        clone.send("exit");
        assertThat(clone.awaitExit()).as(clone.told()).isZero();
        add(clone.output(), "clone" + (first + index), began);
      }
    } finally {
      for (RunningProcess clone : clones) {
        clone.close();
      }
    }
  }

  private void add(String output, String clone, long began) {
    Set<String> threads = new TreeSet<>();
    for (String line : output.lines().toList()) {
      String[] words = line.split(" ");
      if (words.length == 3 && Long.parseLong(words[1]) >= began) {
        threads.add(words[0]);
        String before = drawn.put(words[2], clone + ' ' + words[0]);
        if (before != null) {
          common.add(before + " and " + clone + ' ' + words[0] + ": " + words[2]);
        }
      }
    }
    assertThat(threads).as("threads that drew after the restore").hasSizeGreaterThanOrEqualTo(4);
  }
}
