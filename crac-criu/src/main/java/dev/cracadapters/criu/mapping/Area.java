/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

/**
 * A mapping of the process, as CRIU's {@code vma_entry} has it. The numbers are those of CRIU's
 * {@code images/vma.proto} and {@code criu/include/image.h}, and the kernel's for mmap(2).
 */
record Area(Message entry) {

  private static final int START = 1;
  private static final int END = 2;
  private static final int OFFSET = 3;
  private static final int FILE = 4;
  private static final int PROTECTION = 5;
  private static final int FLAGS = 6;
  private static final int STATUS = 7;
  private static final int OPENED = 10;

  private static final int REGULAR = 1;
  private static final int FILE_PRIVATE = 1 << 6;
  private static final int ANONYMOUS_PRIVATE = 1 << 9;

  private static final int PROT_EXEC = 4;
  private static final int MAP_PRIVATE = 2;
  private static final int MAP_ANONYMOUS = 0x20;
  private static final int MAP_NORESERVE = 0x4000;

  /**
   * Its addresses. Those of the kernel's own page at the end of all have the highest bit, which
   * makes them lower than all others here; it has no pages.
   */
  Range range() {
    return new Range(entry.number(START), entry.number(END));
  }

  /** Whether it is anonymous memory of no special kind: no stack, no brk(2), nothing locked. */
  boolean canBeMapped() {
    long flags = entry.number(FLAGS);
    return entry.number(STATUS) == (REGULAR | ANONYMOUS_PRIVATE)
        && (flags & ~MAP_NORESERVE) == (MAP_PRIVATE | MAP_ANONYMOUS)
        // Code cannot be mapped from a file system that is mounted noexec.
        && (entry.number(PROTECTION) & PROT_EXEC) == 0;
  }

  boolean isOfFile(long file) {
    return entry.number(STATUS) == (REGULAR | FILE_PRIVATE) && entry.number(FILE) == file;
  }

  Area part(Range part) {
    return new Area(entry.with(START, part.start()).with(END, part.end()));
  }

  /** This area as a private mapping of a file, from that offset on. */
  Area mapped(long file, long offset) {
    return new Area(
        entry
            .with(OFFSET, offset)
            .with(FILE, file)
            .with(FLAGS, entry.number(FLAGS) & ~MAP_ANONYMOUS)
            .with(STATUS, REGULAR | FILE_PRIVATE)
            .with(OPENED, 0)); // O_RDONLY
  }

  /** This area as anonymous memory. */
  Area anonymous() {
    return new Area(
        entry
            .with(OFFSET, 0)
            .with(FILE, 0)
            .with(FLAGS, entry.number(FLAGS) | MAP_ANONYMOUS)
            .with(STATUS, REGULAR | ANONYMOUS_PRIVATE));
  }
}
