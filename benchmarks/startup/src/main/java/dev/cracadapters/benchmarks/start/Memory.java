/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

import dev.cracadapters.demo.Service;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a process takes of the memory: its proportional set size, shared pages by their share. */
final class Memory {

  private static final Pattern PSS = Pattern.compile("(?m)^Pss:\\s+(\\d+) kB");

  private Memory() {}

  /** Megabytes of the JVMs among a process and what it has started. */
  static double pssMegabytes(Service service) throws IOException {
    double sum = 0;
    for (long pid : service.jvms()) {
      sum += pssMegabytes(Files.readString(Path.of("/proc/" + pid + "/smaps_rollup")));
    }
    return sum;
  }

  static double pssMegabytes(String rollup) {
    Matcher line = PSS.matcher(rollup);
    if (!line.find()) {
      throw new IllegalArgumentException("No Pss in " + rollup);
    }
    return Long.parseLong(line.group(1)) * 1024 / 1e6;
  }
}
