/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What to measure.
 *
 * @param criu the criu command
 * @param folder for images and what else is written; it is left as it was found
 * @param javaHomes the JDKs
 * @param megabytes the sizes of the images, about
 * @param collectors as in {@code -XX:+UseG1GC}, without {@code GC}
 * @param rounds how often each is measured
 */
record Options(
    Path criu,
    Path folder,
    List<Path> javaHomes,
    List<Integer> megabytes,
    List<String> collectors,
    int rounds) {

  private static final String USAGE =
      """
      Usage: benchmarks/%s [--java HOME,...] [--sizes MB,...] [--rounds N] [--collectors NAME,...]

        --java        the JDKs (default: the one that runs this)
        --sizes       about how large the images are to be (default: 50,150,500)
        --rounds      how often each is measured (default: 15)
        --collectors  for trim (default: G1,Serial,Parallel,Z,Shenandoah)
      """;

  /** The same with another criu command. */
  Options withCriu(Path other) {
    return new Options(other, folder, javaHomes, megabytes, collectors, rounds);
  }

  static Options of(String program, String[] arguments) {
    Path criu = Path.of(System.getProperty("benchmarks.criu"));
    Path folder = Path.of(System.getProperty("benchmarks.folder"));
    List<Path> javaHomes = List.of(Path.of(System.getProperty("java.home")));
    List<Integer> megabytes = List.of(50, 150, 500);
    List<String> collectors = List.of("G1", "Serial", "Parallel", "Z", "Shenandoah");
    int rounds = 15;
    for (int i = 0; i < arguments.length; i += 2) {
      if (i + 1 == arguments.length) {
        throw new IllegalArgumentException(USAGE.formatted(program));
      }
      Stream<String> values = Stream.of(arguments[i + 1].split(","));
      switch (arguments[i]) {
        case "--java" -> javaHomes = values.map(Path::of).toList();
        case "--sizes" -> megabytes = values.map(Integer::valueOf).toList();
        case "--collectors" -> collectors = values.toList();
        case "--rounds" -> rounds = Integer.parseInt(arguments[i + 1]);
        default -> throw new IllegalArgumentException(USAGE.formatted(program));
      }
    }
    return new Options(criu, folder, javaHomes, megabytes, collectors, rounds);
  }
}
