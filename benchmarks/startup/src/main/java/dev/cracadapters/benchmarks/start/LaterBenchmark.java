/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

import dev.cracadapters.benchmarks.Jdk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * How fast a process is long after its restore: one that was read, one whose memory is mapped, and
 * one more that was read, from another image. All three live side by side, and have their turns
 * under load one after the other. What the third differs from the first by is the error.
 */
public final class LaterBenchmark {

  /** The name of the comments between which the documentation shows this. */
  static final String MARK = "benchmarks/later";

  /** The same for all: what a collection costs depends on it, and G1 would choose it by itself. */
  private static final String YOUNG = "-Xmn128m";

  private final LaterOptions options;
  private final StringBuilder text = new StringBuilder();

  private LaterBenchmark(LaterOptions options) {
    this.options = options;
  }

  /**
   * Measures, and prints and writes a table.
   *
   * @param arguments see {@code --help}
   * @throws Exception if something cannot be started, or ends
   */
  public static void main(String[] arguments) throws Exception {
    LaterOptions options;
    try {
      options = LaterOptions.of(arguments);
    } catch (IllegalArgumentException e) {
      System.err.print(LaterOptions.USAGE);
      System.exit(2);
      return;
    }
    new LaterBenchmark(options).run();
    System.exit(0); // clients have threads
  }

  private void run() throws Exception {
    Machine machine = new Machine();
    long begin = System.nanoTime();
    List<Watched> processes = new ArrayList<>();
    try (Subject subject = Subject.of(options.service(), options.start())) {
      try {
        processes.add(restored(subject, "read"));
        processes.add(restored(subject, "mapped", Image.MAPPED));
        processes.add(restored(subject, "read, another image"));
        inTurns(processes);
      } finally {
        processes.forEach(Watched::close);
      }
    }
    report(processes, machine, begin);
  }

  private Watched restored(Subject service, String name, String... flags) throws Exception {
    Subject subject = service.beside(name.replaceAll("\\W+", "-"));
    System.err.printf("%s: taking the image%n", name);
    Path java = options.start().javaHomes().get(0);
    List<String> all = new ArrayList<>(List.of(flags));
    all.add(YOUNG);
    String[] both = all.toArray(String[]::new);
    int heap = options.start().heapMegabytes();
    Image image =
        heap == 0
            ? Image.of(subject, options.start(), java, "", both)
            : Image.heavy(subject, options.start(), java, heap, "", both);
    return Watched.restore(name, image, subject.folder());
  }

  private void inTurns(List<Watched> processes) throws Exception {
    int rounds = options.rounds(processes.size());
    for (int round = 0; round < rounds; round++) {
      List<Watched> turns = new ArrayList<>(processes);
      Collections.rotate(turns, round);
      for (Watched process : turns) {
        Watched.Slice slice =
            process.load(options.clients(), Duration.ofSeconds(options.sliceSeconds()));
        System.err.printf(
            "round %d of %d, %s: %.0f requests a second, p99 %.2f ms, %d pauses, %.0f faults a second%n",
            round + 1,
            rounds,
            process.name(),
            slice.perSecond(),
            slice.p99(),
            slice.pauses().size(),
            slice.minorFaults());
      }
    }
  }

  private void report(List<Watched> processes, Machine machine, long begin) throws Exception {
    int rounds = options.rounds(processes.size());
    int settling = options.settlingRounds(processes.size());
    double minutes = processes.size() * options.sliceSeconds() / 60.0;
    StartOptions start = options.start();
    text.append(
        """
        %s, %s%s, %s: %d turns of %d s each, %d clients; medians (quartiles) of turns. %s, JDK %s, %s.
        %s

        | process | minutes after the restore | requests | requests a second | p99, ms | GC pauses | of it a thousand requests, ms | longest, ms | minor faults a second | major |
        | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
        """
            .formatted(
                options.service(),
                String.join(" ", start.flags(start.heapMegabytes())) + " " + YOUNG,
                start.heapMegabytes() == 0
                    ? ""
                    : ", with %d MB of live heap".formatted(start.heapMegabytes()),
                "all three alive side by side, in turns",
                rounds,
                options.sliceSeconds(),
                options.clients(),
                Machine.description(),
                Jdk.version(start.javaHomes().get(0)),
                Machine.criu(start.criu()),
                machine.load((System.nanoTime() - begin) / 1_000_000)));
    if (settling > 0) {
      String when = "0–%.1f".formatted(settling * minutes);
      processes.forEach(process -> row(process.cells(when, 0, settling)));
    }
    String when = "%.1f–%.1f".formatted(settling * minutes, rounds * minutes);
    processes.forEach(process -> row(process.cells(when, settling, rounds)));
    text.append(
        """

        | compared with the first, turn by turn, after %.1f minutes | requests a second | p99 |
        | --- | --- | --- |
        """
            .formatted(settling * minutes));
    Watched first = processes.get(0);
    for (Watched other : processes.subList(1, processes.size())) {
      row(
          List.of(
              other.name(),
              other.pairs(first, settling, Watched.Slice::perSecond).ratio(),
              other.pairs(first, settling, Watched.Slice::p99).ratio()));
    }
    write();
  }

  private void row(List<String> cells) {
    text.append("| ").append(String.join(" | ", cells)).append(" |\n");
  }

  private void write() throws Exception {
    Path root = options.start().root();
    Path file = Files.createDirectories(root.resolve("target/benchmarks")).resolve("later.md");
    Files.writeString(file, text);
    System.out.println(text);
    System.err.println("Written: " + file);
    if (options.start().publish()) {
      Path readme = root.resolve("benchmarks/README.md");
      Files.writeString(readme, Marked.replace(Files.readString(readme), MARK, text.toString()));
    }
  }
}
