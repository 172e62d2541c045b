/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The image with and without the trim, for each collector as it comes and with what helps it. */
public final class TrimBenchmark {

  private static final int LIVE_MEGABYTES = 60;
  private static final int GARBAGE_MEGABYTES = 200;

  private static final Map<String, List<String>> ADVISED =
      Map.of(
          "G1", List.of("-Xms16m"),
          "Serial", List.of("-Xms16m"),
          "Parallel", List.of("-Xms16m", "-XX:+UseAdaptiveSizePolicyWithSystemGC"),
          "Z", List.of("-Xms16m", "-XX:ZUncommitDelay=1"),
          "Shenandoah", List.of("-Xms16m"));

  private TrimBenchmark() {}

  /**
   * Measures and prints a table.
   *
   * @param arguments see {@code --help}
   * @throws Exception if something cannot be started
   */
  public static void main(String[] arguments) throws Exception {
    Options options = Options.of("trim", arguments);
    Table table =
        new Table(
            "JDK", "collector", "flags", "whole MB", "trimmed MB", "times smaller", "trim ms");
    for (Path javaHome : options.javaHomes()) {
      for (String collector : options.collectors()) {
        measure(options, javaHome, collector, List.of(), table);
        measure(options, javaHome, collector, ADVISED.getOrDefault(collector, List.of()), table);
      }
    }
    System.out.printf(
        "Images of a JVM with -Xmx512m that holds %d MB and has dropped %d MB: medians of %d rounds.%n",
        LIVE_MEGABYTES, GARBAGE_MEGABYTES, options.rounds());
    table.print();
  }

  private static void measure(
      Options options, Path javaHome, String collector, List<String> advised, Table table)
      throws IOException, InterruptedException {
    List<Double> whole = new ArrayList<>();
    List<Double> trimmed = new ArrayList<>();
    List<Double> millis = new ArrayList<>();
    List<String> flags = new ArrayList<>(List.of("-XX:+Use" + collector + "GC", "-Xmx512m"));
    flags.addAll(advised);
    for (int round = 0; round < options.rounds(); round++) {
      flags.add("-Dcrac.criu.trim=false");
      whole.add(bytes(options, javaHome, flags, new ArrayList<>()));
      flags.remove(flags.size() - 1);
      trimmed.add(bytes(options, javaHome, flags, millis));
    }
    double before = Spread.of(whole).median();
    double after = Spread.of(trimmed).median();
    table.row(
        Jdk.version(javaHome),
        collector,
        advised.isEmpty() ? "none" : String.join(" ", advised),
        "%.0f".formatted(before / 1e6),
        "%.0f".formatted(after / 1e6),
        "%.1f".formatted(before / after),
        "%.0f".formatted(Spread.of(millis).median()));
  }

  private static double bytes(
      Options options, Path javaHome, List<String> flags, List<Double> millis)
      throws IOException, InterruptedException {
    TakenImage image = TakenImage.of(options, javaHome, flags, LIVE_MEGABYTES, GARBAGE_MEGABYTES);
    millis.add((double) image.trimMillis());
    return image.bytes();
  }
}
