/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A checkpoint part by part, as the report and the last line of it tell. */
public final class CheckpointBenchmark {

  private CheckpointBenchmark() {}

  /**
   * Measures and prints a table.
   *
   * @param arguments see {@code --help}
   * @throws Exception if something cannot be started
   */
  public static void main(String[] arguments) throws Exception {
    Options options = Options.of("checkpoint", arguments);
    Table table =
        new Table(
            "JDK", "image MB", "walk", "trim", "dump", "checksums", "trial", "disk", "the whole");
    for (Path javaHome : options.javaHomes()) {
      for (int megabytes : options.megabytes()) {
        measure(options, javaHome, megabytes, table);
      }
    }
    System.out.printf(
        "Milliseconds of a checkpoint: median (quartiles) of %d rounds. Half as much garbage as live"
            + " data, G1.%n",
        options.rounds());
    table.print();
  }

  private static void measure(Options options, Path javaHome, int megabytes, Table table)
      throws IOException, InterruptedException {
    Map<String, List<Double>> parts = new LinkedHashMap<>();
    double bytes = 0;
    for (int round = 0; round < options.rounds(); round++) {
      TakenImage image = TakenImage.about(megabytes, 0.5, options, javaHome);
      bytes = image.bytes();
      try (Service restored = Service.start(image.script(), options.folder())) {
        for (String word : restored.await("answer").split(" ")) {
          String[] part = word.split("=");
          if (part.length == 2) {
            add(parts, part[0], Double.parseDouble(part[1]));
          }
        }
        restored.send("exit");
        restored.awaitExit();
      }
      add(parts, "disk", image.diskMillis());
      add(parts, "the whole", image.wholeMillis());
    }
    List<String> row = new ArrayList<>();
    row.add(Jdk.version(javaHome));
    row.add("%.0f".formatted(bytes / 1e6));
    parts.values().forEach(times -> row.add(Spread.of(times).milliseconds()));
    table.row(row.toArray(String[]::new));
  }

  private static void add(Map<String, List<Double>> parts, String name, double millis) {
    parts.computeIfAbsent(name, key -> new ArrayList<>()).add(millis);
  }
}
