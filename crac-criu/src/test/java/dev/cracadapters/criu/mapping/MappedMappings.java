/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

import dev.cracadapters.criu.image.Json;
import dev.cracadapters.criu.testing.Image;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What a process has mapped from its image. */
final class MappedMappings {

  private MappedMappings() {}

  /** In bytes. */
  static long bytes(long pid) {
    return mappings(pid).stream().mapToLong(Range::bytes).sum();
  }

  private static List<Range> mappings(long pid) {
    try {
      return Files.readAllLines(Path.of("/proc/" + pid + "/maps")).stream()
          .filter(line -> line.endsWith("/memory") || line.endsWith("/memory (deleted)"))
          .map(line -> Range.of(line.substring(0, line.indexOf(' '))))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** In bytes, of a kind of memory, by where the image's manifest says that it is. */
  static long bytes(Image image, String kind) throws IOException {
    Map<?, ?> memory;
    try (Reader manifest = Files.newBufferedReader(image.folder().resolve("manifest.json"))) {
      memory = (Map<?, ?>) Json.read(manifest).get("memory");
    }
    List<Range> ranges =
        ((List<?>) memory.get(kind)).stream().map(one -> Range.of(one.toString())).toList();
    return mappings(image.pid()).stream()
        .flatMap(one -> ranges.stream().map(one::common))
        .filter(one -> !one.isEmpty())
        .mapToLong(Range::bytes)
        .sum();
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
