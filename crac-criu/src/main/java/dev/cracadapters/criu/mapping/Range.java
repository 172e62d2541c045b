/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Addresses of a process's memory; the end is not among them. */
record Range(long start, long end) {

  private static final int HEX = 16;

  /** As it stands in {@code /proc/PID/maps}: "7f00-7f01". */
  static Range of(String text) {
    int dash = text.indexOf('-');
    return new Range(
        Long.parseUnsignedLong(text, 0, dash, HEX),
        Long.parseUnsignedLong(text, dash + 1, text.length(), HEX));
  }

  /** The same addresses in ranges that are apart, by their order: a heap is told with its parts. */
  static List<Range> apart(List<Range> ranges) {
    List<Range> apart = new ArrayList<>();
    Range last = new Range(0, 0);
    for (Range next : ranges.stream().sorted(Comparator.comparingLong(Range::start)).toList()) {
      if (!apart.isEmpty() && next.start <= last.end) {
        next = new Range(last.start, Math.max(last.end, next.end));
        apart.remove(apart.size() - 1);
      }
      apart.add(next);
      last = next;
    }
    return apart;
  }

  long bytes() {
    return end - start;
  }

  /** What both have; it has no bytes, or fewer than none, where that is nothing. */
  Range common(Range other) {
    return new Range(Math.max(start, other.start), Math.min(end, other.end));
  }

  boolean isEmpty() {
    return start >= end;
  }
}
