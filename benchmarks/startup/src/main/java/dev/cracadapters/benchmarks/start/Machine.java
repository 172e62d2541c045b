/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** The machine, and what else it did. */
final class Machine {

  private final String loadBefore = load();
  private final long[] timesBefore = times();

  Machine() throws IOException {}

  /** What the machine is. */
  static String description() throws IOException {
    String processor =
        Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
            .filter(line -> line.startsWith("model name"))
            .map(line -> line.replaceAll(".*: ", "").strip())
            .findFirst()
            .orElse("unknown processor");
    long kilobytes =
        Files.readAllLines(Path.of("/proc/meminfo")).stream()
            .filter(line -> line.startsWith("MemTotal:"))
            .map(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .findFirst()
            .orElse(0L);
    return "%d cores (%s), %.0f GB, Linux %s"
        .formatted(
            Runtime.getRuntime().availableProcessors(),
            processor,
            kilobytes / 1e6,
            System.getProperty("os.version").replaceAll("-.*", ""));
  }

  /** Which CRIU it has. */
  static String criu(Path command) throws IOException, InterruptedException {
    Process criu = new ProcessBuilder(command.toString(), "--version").start();
    String said = new String(criu.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    criu.waitFor();
    return said.lines().findFirst().orElse("CRIU").replace("Version:", "CRIU");
  }

  /** What it did beside, from when this was made until now. */
  String load(long ownMillis) throws IOException {
    return "Load before %s, after %s; %.1f %% of the cores' time was stolen, in %d minutes."
        .formatted(loadBefore, load(), stolen(timesBefore, times()), Math.round(ownMillis / 60e3));
  }

  /** The share of time in which the hypervisor ran somebody else. */
  static double stolen(long[] before, long[] after) {
    long all = Arrays.stream(after).sum() - Arrays.stream(before).sum();
    return all == 0 ? 0 : 100.0 * (after[STEAL] - before[STEAL]) / all;
  }

  private static final int STEAL = 7;

  /** user, nice, system, idle, iowait, irq, softirq, steal. */
  private static long[] times() throws IOException {
    String line = Files.readAllLines(Path.of("/proc/stat")).get(0);
    return Arrays.stream(line.split(" +")).skip(1).limit(8).mapToLong(Long::parseLong).toArray();
  }

  private static String load() throws IOException {
    String[] words = Files.readString(Path.of("/proc/loadavg")).split(" ");
    return words[0] + " " + words[1] + " " + words[2];
  }
}
