/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.engine;

import dev.cracadapters.core.support.Proc;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.LongSupplier;

/**
 * Tells whether this process is still the one that it was, or one that was restored from a snapshot
 * of it. CRIU makes a new process of the old one's PID, so the kernel's note of when the process
 * was started changes, and on another machine the boot's ID. A virtual machine that is resumed from
 * a snapshot shows nothing of the kind.
 *
 * <p>Those notes can only be read through a descriptor, and a snapshot may be taken at any moment:
 * so they are read only when time says that something happened. The wall clock stood still or
 * jumped (CRIU keeps the monotonic clock as it was), or this thread was away for long.
 */
final class RestoreSigns {

  private static final long NANOS_PER_MILLI = 1_000_000;

  /**
   * How far the clocks may move apart between two looks. CRIU notes the monotonic clock late in a
   * dump, and a small JVM is restored within 20 ms of it. Two readings, each cut off to
   * milliseconds and not taken at the same time, differ by 2; to be wrong costs two files read.
   */
  private static final long APART_MILLIS = 3;

  /** How long this thread may be away between two looks: three times as long as it sleeps. */
  private static final long AWAY_MILLIS = 15;

  private final Path proc;
  private final LongSupplier wallClock;
  private final LongSupplier nanoClock;
  private final String before;
  private long wallMillis;
  private long nanos;

  RestoreSigns(Path proc, LongSupplier wallClock, LongSupplier nanoClock) throws IOException {
    this.proc = proc;
    this.wallClock = wallClock;
    this.nanoClock = nanoClock;
    this.before = notes();
    look();
  }

  static RestoreSigns now() throws IOException {
    return new RestoreSigns(Path.of("/proc"), System::currentTimeMillis, System::nanoTime);
  }

  /**
   * Notes the time, and returns whether some was lost since the last call. Opens nothing: it is
   * called every few milliseconds.
   */
  boolean noteTime() {
    long wallBefore = wallMillis;
    long nanosBefore = nanos;
    look();
    long away = (nanos - nanosBefore) / NANOS_PER_MILLI;
    return away > AWAY_MILLIS
        || away < 0
        || Math.abs(wallMillis - wallBefore - away) > APART_MILLIS;
  }

  private void look() {
    wallMillis = wallClock.getAsLong();
    nanos = nanoClock.getAsLong();
  }

  /** Whether this process was restored since this object was made. */
  boolean isRestored() {
    try {
      return !notes().equals(before);
    } catch (IOException e) {
      return false; // nothing is known; whoever restored it can say so in the go file
    }
  }

  private String notes() throws IOException {
    String started = new Proc(proc.resolve("self")).stat().startTime();
    return started + ' ' + Proc.text(proc.resolve("sys/kernel/random/boot_id")).strip();
  }
}
