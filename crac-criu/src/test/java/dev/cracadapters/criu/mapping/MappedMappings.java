/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a process has mapped from its image. */
final class MappedMappings {

  private MappedMappings() {}

  /** In bytes. */
  static long bytes(long pid) {
    try {
      return Files.readAllLines(Path.of("/proc/" + pid + "/maps")).stream()
          .filter(line -> line.endsWith("/memory") || line.endsWith("/memory (deleted)"))
          .map(line -> Range.of(line.substring(0, line.indexOf(' '))))
          .mapToLong(Range::bytes)
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Of these what the process uses as it is in the file, and so together with others, in bytes. */
  static long ofFile(long pid) throws IOException {
    long kilobytes = 0;
    boolean isMemory = false;
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/smaps"))) {
      if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
        isMemory = line.contains("/memory");
      } else if (isMemory && line.startsWith("Rss:")) {
        kilobytes += number(line);
      } else if (isMemory && line.startsWith("Anonymous:")) {
        kilobytes -= number(line); // it has written to them
      }
    }
    return kilobytes << 10;
  }

  private static long number(String line) {
    return Long.parseLong(line.replaceAll("\\D", ""));
  }
}
