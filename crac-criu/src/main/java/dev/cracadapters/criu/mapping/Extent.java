/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

/**
 * Pages side by side that have content, and where that is.
 *
 * @param range where they are in the process
 * @param offset where their content begins in the file of pages; {@link #IN_PROCESS} where the
 *     process itself is read, as CRIU has not written pages that are those of a file
 */
record Extent(Range range, long offset) {

  static final long IN_PROCESS = -1;

  boolean isInProcess() {
    return offset == IN_PROCESS;
  }

  /** The part of it that lies in another range, which must have some of it. */
  Extent within(Range other) {
    Range common = range.common(other);
    return new Extent(common, isInProcess() ? offset : offset + common.start() - range.start());
  }
}
