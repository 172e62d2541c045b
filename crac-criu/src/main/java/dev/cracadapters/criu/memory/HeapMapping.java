/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.memory;

import dev.cracadapters.core.support.Proc;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Where the JVM has reserved its heap, in one piece. What of it is writable the kernel may hold
 * memory for: a collector that gives some back makes it inaccessible, from a thread of its own,
 * which on a busy machine may come to it late.
 */
record HeapMapping(long start, long end) {

  private static final int HEX = 16;

  /** Empty where the JVM does not say it. */
  static Optional<HeapMapping> find() {
    List<String> ranges = MemoryLayout.heap();
    if (ranges.isEmpty()) {
      return Optional.empty();
    }
    String[] ends = ranges.get(0).split("-");
    return Optional.of(
        new HeapMapping(
            Long.parseUnsignedLong(ends[0], HEX), Long.parseUnsignedLong(ends[1], HEX)));
  }

  /** In bytes; empty where {@code /proc} does not tell. */
  OptionalLong writable() {
    try {
      return writable(Proc.self().lines("maps"));
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }

  OptionalLong writable(List<String> maps) {
    long sum = 0;
    for (String line : maps) {
      int dash = line.indexOf('-');
      int blank = line.indexOf(' ');
      long from = Long.parseUnsignedLong(line, 0, dash, HEX);
      long to = Long.parseUnsignedLong(line, dash + 1, blank, HEX);
      if (line.startsWith("rw", blank + 1)) {
        sum += Math.max(0, Math.min(to, end) - Math.max(from, start));
      }
    }
    return OptionalLong.of(sum);
  }
}
