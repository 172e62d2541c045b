/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.throughput;

import java.util.List;
import org.openjdk.jmh.runner.RunnerException;

/** Connections a second that HikariCP lends without and with crac-hikari, side by side. */
public final class ConnectionThroughput {

  private ConnectionThroughput() {}

  /**
   * Measures and prints a table.
   *
   * @param arguments see {@link SideBySide.Effort#of}
   * @throws RunnerException if a benchmark fails
   */
  public static void main(String[] arguments) throws RunnerException {
    SideBySide benchmark =
        new SideBySide(ConnectionBenchmark.class, "crac", SideBySide.Effort.of(arguments));
    // HikariCP's default, where most of 32 threads wait, and one for each of them.
    for (String connections : List.of("10", "32")) {
      for (int threads : List.of(1, 8, 32)) {
        benchmark.measure("maximumPoolSize", connections, threads);
      }
    }
    benchmark.print();
  }
}
