/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.throughput;

import java.util.List;
import org.openjdk.jmh.runner.RunnerException;

/** Events a second of Logback's appenders without and with crac-logback, side by side. */
public final class LoggingThroughput {

  private LoggingThroughput() {}

  /**
   * Measures and prints a table.
   *
   * @param arguments see {@link SideBySide.Effort#of}
   * @throws RunnerException if a benchmark fails
   */
  public static void main(String[] arguments) throws RunnerException {
    SideBySide benchmark =
        new SideBySide(LoggingBenchmark.class, "crac", SideBySide.Effort.of(arguments));
    for (String appender : List.of("FileAppender", "RollingFileAppender", "AsyncAppender")) {
      for (int threads : List.of(1, 4)) {
        benchmark.measure("appender", appender, threads);
      }
    }
    benchmark.print();
  }
}
