/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.throughput;

import java.util.Arrays;
import java.util.List;
import org.openjdk.jmh.runner.RunnerException;

/**
 * Events a second of Logback's appenders, or connections a second that HikariCP lends, without and
 * with the adapter, side by side.
 */
public final class Throughput {

  private Throughput() {}

  /**
   * Measures and prints a table.
   *
   * @param arguments {@code logging} or {@code connections}, then see {@link SideBySide.Effort#of}
   * @throws RunnerException if a benchmark fails
   */
  public static void main(String[] arguments) throws RunnerException {
    SideBySide.Effort effort =
        SideBySide.Effort.of(Arrays.copyOfRange(arguments, 1, arguments.length));
    if (arguments[0].equals("logging")) {
      List<String> appenders = List.of("FileAppender", "RollingFileAppender", "AsyncAppender");
      measure(new SideBySide(LoggingBenchmark.class, "crac", effort), "appender", appenders, 1, 4);
    } else {
      SideBySide benchmark = new SideBySide(ConnectionBenchmark.class, "crac", effort);
      // HikariCP's default, where most of 32 threads wait, and one for each of them.
      measure(benchmark, "maximumPoolSize", List.of("10", "32"), 1, 8, 32);
    }
  }

  private static void measure(
      SideBySide benchmark, String parameter, List<String> values, int... threads)
      throws RunnerException {
    for (String value : values) {
      for (int count : threads) {
        benchmark.measure(parameter, value, count);
      }
    }
    benchmark.print();
  }
}
