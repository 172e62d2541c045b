/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What to measure.
 *
 * @param root the project's folder
 * @param criu the criu command
 * @param folder for all that is written meanwhile; it is left as it was found
 * @param javaHomes the JDKs, the first of which is measured in every way
 * @param services which of the services
 * @param rounds how often each way is measured
 * @param coldRounds how often with a cold page cache
 * @param loadRounds how often 1,000 requests follow
 * @param dropCaches whether the machine's whole page cache is dropped, and not only what is started
 * @param clones how many at once, 0 for none
 * @param heapMegabytes how much one more image holds, 0 for none
 * @param warmUpRequests how many requests each client sends before an image or an archive is made
 * @param quick whether it is only to be seen that all of it works
 * @param publish whether the documentation is changed
 */
record StartOptions(
    Path root,
    Path criu,
    Path folder,
    List<Path> javaHomes,
    List<String> services,
    int rounds,
    int coldRounds,
    int loadRounds,
    boolean dropCaches,
    int clones,
    int heapMegabytes,
    int warmUpRequests,
    boolean quick,
    boolean publish) {

  private static final int HEAP_MEGABYTES = 512;

  static final String USAGE =
      """
      Usage: benchmarks/start [--java HOME,...] [--rounds N] [--cold-rounds N] [--load-rounds N] [--cold]
                              [--services NAME,...] [--clones N] [--heap MB] [--warm-up N] [--quick | --publish]

        --java         the JDKs; the first is measured in every way (default: the one that runs this)
        --rounds       how often each way is measured (default: 9)
        --cold-rounds  how often with a cold page cache (default: 3)
        --load-rounds  how often 1,000 requests follow the first answer, 50 a second (default: 1)
        --cold         for a cold page cache drop the whole machine's, which all that runs there feels;
                       without it only the files of what is started are dropped from it
        --services     default: orders,clinic
        --clones       how many are restored at once (default: 16; 0: none)
        --heap         how many megabytes of live heap one more image holds (default: 2048; 0: none)
        --warm-up      how many requests each of 4 clients sends before an image or an archive is made
                       (default: 750)
        --quick        a look at whether it works, not for its figures: orders alone, one round, fewer requests, no C2
                       compiler, no plain starts, two images, 2 clones, no large heap (options after it change that)
        --publish      put the tables and the chart into README.md and benchmarks/README.md, too
      """;

  static StartOptions of(String... arguments) {
    Path root = Path.of(System.getProperty("benchmarks.root", ""));
    Path criu = Path.of(System.getProperty("benchmarks.criu", "criu"));
    Path folder = Path.of(System.getProperty("benchmarks.folder", ""));
    List<Path> javaHomes = List.of(Path.of(System.getProperty("java.home")));
    List<String> services = List.of("orders", "clinic");
    int rounds = 9;
    int coldRounds = 3;
    int loadRounds = 1;
    boolean dropCaches = false;
    int clones = 16;
    int heapMegabytes = 2048;
    int warmUpRequests = 750;
    boolean quick = false;
    boolean publish = false;
    for (int i = 0; i < arguments.length; i++) {
      String option = arguments[i];
      if (option.equals("--cold")) {
        dropCaches = true;
        continue;
      }
      if (option.equals("--quick")) {
        quick = true;
        services = List.of("orders");
        rounds = 1;
        clones = 2;
        heapMegabytes = 0;
        warmUpRequests = 100;
        continue;
      }
      if (option.equals("--publish")) {
        publish = true;
        continue;
      }
      if (++i == arguments.length) {
        throw new IllegalArgumentException(USAGE);
      }
      String value = arguments[i];
      switch (option) {
        case "--java" -> javaHomes = Stream.of(value.split(",")).map(Path::of).toList();
        case "--services" -> services = List.of(value.split(","));
        case "--rounds" -> rounds = Integer.parseInt(value);
        case "--cold-rounds" -> coldRounds = Integer.parseInt(value);
        case "--load-rounds" -> loadRounds = Integer.parseInt(value);
        case "--clones" -> clones = Integer.parseInt(value);
        case "--warm-up" -> warmUpRequests = Integer.parseInt(value);
        case "--heap" -> heapMegabytes = Integer.parseInt(value);
        default -> throw new IllegalArgumentException(USAGE);
      }
    }
    if (quick && publish) {
      throw new IllegalArgumentException(USAGE);
    }
    return new StartOptions(
        root,
        criu,
        folder,
        javaHomes,
        services,
        rounds,
        Math.min(coldRounds, rounds),
        Math.min(loadRounds, rounds),
        dropCaches,
        clones,
        heapMegabytes,
        warmUpRequests,
        quick,
        publish);
  }

  /** What all JVMs have in common, with room for so many megabytes of live heap more. */
  List<String> flags(int live) {
    int megabytes = HEAP_MEGABYTES + (live == 0 ? 0 : live + HEAP_MEGABYTES);
    String heap = "-Xmx" + megabytes + "m";
    return quick ? List.of(heap, "-XX:TieredStopAtLevel=1") : List.of(heap);
  }

  /** How many requests follow a first answer. */
  int requests() {
    return quick ? 100 : 1000;
  }

  /** How often the clones are started, and the processes beside the one with the large heap. */
  int cloneRounds() {
    return Math.max(1, rounds / 3);
  }
}
