/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Bare {@code criu restore} against {@code IMAGE/restore}, side by side: one after the other, in
 * turns, from the start of the command until the process answers.
 */
public final class RestoreBenchmark {

  private static final int WARM_UP = 2;

  private RestoreBenchmark() {}

  /**
   * Measures and prints a table.
   *
   * @param arguments see {@code --help}
   * @throws Exception if something cannot be started
   */
  public static void main(String[] arguments) throws Exception {
    Options options = Options.of("restore", arguments);
    Table table =
        new Table(
            "JDK",
            "image MB",
            "criu restore, ms",
            "IMAGE/restore, ms",
            "of medians",
            "of pairs",
            "until CRIU runs, ms");
    try (CriuStart start = CriuStart.of(options.criu())) {
      for (Path javaHome : options.javaHomes()) {
        for (int megabytes : options.megabytes()) {
          measure(options, start, javaHome, megabytes, table);
        }
      }
    }
    System.out.printf(
        "Until the process answers: median (quartiles) of %d rounds, and how many times as long.%n",
        options.rounds());
    table.print();
  }

  private static void measure(
      Options options, CriuStart start, Path javaHome, int megabytes, Table table)
      throws IOException, InterruptedException {
    TakenImage image = TakenImage.about(megabytes, 0, options.withCriu(start.command()), javaHome);
    List<String> bareCommand = image.bare(options);
    List<Double> bare = new ArrayList<>();
    List<Double> ours = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    List<Double> untilCriu = new ArrayList<>();
    for (int round = -WARM_UP; round < options.rounds(); round++) {
      double first = round % 2 == 0 ? bare(image, bareCommand, options) : 0;
      CompletableFuture<Long> started = start.next();
      double second = time(image.script(), options, started, untilCriu);
      first = round % 2 == 0 ? first : bare(image, bareCommand, options);
      if (round < 0) {
        untilCriu.clear();
      } else {
        bare.add(first);
        ours.add(second);
        ratios.add(second / first);
      }
    }
    table.row(
        Jdk.version(javaHome),
        "%.0f".formatted(image.bytes() / 1e6),
        Spread.of(bare).milliseconds(),
        Spread.of(ours).milliseconds(),
        "%.3f".formatted(Spread.of(ours).median() / Spread.of(bare).median()),
        Spread.of(ratios).ratio(),
        Spread.of(untilCriu).milliseconds());
  }

  private static double bare(TakenImage image, List<String> command, Options options)
      throws IOException, InterruptedException {
    image.prepareBare();
    return time(command, options, CompletableFuture.completedFuture(0L), new ArrayList<>());
  }

  /** The time until the answer, and that until CRIU was started, which is added to a list. */
  private static double time(
      List<String> command,
      Options options,
      CompletableFuture<Long> criuStarted,
      List<Double> untilCriu)
      throws IOException, InterruptedException {
    try (Service service = Service.start(command, options.folder())) {
      service.await("answer");
      double millis = service.millis();
      untilCriu.add(service.millisUntil(criuStarted.join()));
      service.send("exit");
      service.awaitExit();
      return millis;
    }
  }
}
