/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

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
