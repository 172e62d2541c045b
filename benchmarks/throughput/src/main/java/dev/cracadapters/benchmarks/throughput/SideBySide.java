/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.throughput;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.openjdk.jmh.util.ListStatistics;

/**
 * Runs a JMH benchmark without and with something, in turns, each time in a JVM of its own. JMH
 * itself would run all of one and then all of the other, and a machine is not the same half an hour
 * later. What is compared are the pairs.
 */
final class SideBySide {

  private static final double CONFIDENCE = 0.99;

  private final Class<?> benchmark;
  private final String switched;
  private final Effort effort;
  private final List<String> rows = new ArrayList<>();
  private String column = "";

  /**
   * Prepares.
   *
   * @param benchmark the JMH state with its benchmark
   * @param switched the parameter that is {@code false} and {@code true}
   */
  SideBySide(Class<?> benchmark, String switched, Effort effort) {
    this.benchmark = benchmark;
    this.switched = switched;
    this.effort = effort;
  }

  /**
   * How much is measured.
   *
   * @param rounds how many pairs of JVMs
   * @param millis how long each of the three warm-ups and the five measurements of a JVM is
   */
  record Effort(int rounds, long millis) {

    /** Reads {@code [--rounds N] [--millis N]}; 10 rounds and 1000 ms without. */
    static Effort of(String[] arguments) {
      int rounds = 10;
      long millis = 1000;
      for (int i = 0; i < arguments.length; i += 2) {
        if (i + 1 < arguments.length && arguments[i].equals("--rounds")) {
          rounds = Integer.parseInt(arguments[i + 1]);
        } else if (i + 1 < arguments.length && arguments[i].equals("--millis")) {
          millis = Long.parseLong(arguments[i + 1]);
        } else {
          throw new IllegalArgumentException("Usage: [--rounds N] [--millis N]");
        }
      }
      return new Effort(rounds, millis);
    }
  }

  void measure(String parameter, String value, int threads) throws RunnerException {
    column = parameter;
    double[] without = new double[effort.rounds];
    double[] with = new double[effort.rounds];
    double[] ratios = new double[effort.rounds];
    for (int i = 0; i < effort.rounds; i++) {
      // Which of them is first changes from round to round.
      for (boolean on : List.of(i % 2 != 0, i % 2 == 0)) {
        (on ? with : without)[i] = operationsPerSecond(parameter, value, threads, on);
      }
      ratios[i] = with[i] / without[i];
    }
    String row =
        String.format(
            Locale.ROOT,
            "| %s | %d | %s | %s | %s |",
            value,
            threads,
            words(without, 1e-3, "%.0f"),
            words(with, 1e-3, "%.0f"),
            words(ratios, 1, "%.3f"));
    System.err.println(row);
    rows.add(row);
  }

  private double operationsPerSecond(String parameter, String value, int threads, boolean on)
      throws RunnerException {
    return new Runner(
            new OptionsBuilder()
                .include("^" + benchmark.getName() + "\\.")
                .param(parameter, value)
                .param(switched, Boolean.toString(on))
                .mode(Mode.Throughput)
                .threads(threads)
                .forks(1)
                .warmupIterations(3)
                .warmupTime(TimeValue.milliseconds(effort.millis))
                .measurementIterations(5)
                .measurementTime(TimeValue.milliseconds(effort.millis))
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT)
                .jvmArgsAppend("-Xms1g", "-Xmx1g")
                .build())
        .runSingle()
        .getPrimaryResult()
        .getScore();
  }

  /** The mean, and how far it may be off. */
  private static String words(double[] measured, double factor, String form) {
    ListStatistics statistics = new ListStatistics(measured);
    String mean = String.format(Locale.ROOT, form, statistics.getMean() * factor);
    return measured.length < 2
        ? mean
        : mean
            + String.format(
                Locale.ROOT, " ± " + form, statistics.getMeanErrorAt(CONFIDENCE) * factor);
  }

  void print() {
    System.out.printf(
        Locale.ROOT,
        "%nThousands of operations a second: means of %d pairs of JVMs, and with %.0f %% confidence.%n%n",
        effort.rounds,
        CONFIDENCE * 100);
    System.out.println("| " + column + " | threads | without | with | with / without |");
    System.out.println("| --- | --- | --- | --- | --- |");
    rows.forEach(System.out::println);
  }
}
