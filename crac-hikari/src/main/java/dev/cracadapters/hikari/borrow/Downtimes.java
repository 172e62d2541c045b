/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.borrow;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** When a pool served nobody, so that a caller's time-out need not count it. */
public final class Downtimes {

  /** More than any caller meets: it waits through one, and seldom through two. */
  private static final int MAX_DOWNTIMES = 64;

  private record Downtime(long begin, long end) {

    /** How much of a time lies in this one; the clock's numbers may be negative. */
    long within(long from, long to) {
      return Math.max(0, Math.min(to - from, end - from) - Math.max(0, begin - from));
    }
  }

  private final Deque<Downtime> past = new ArrayDeque<>();
  private long begun;
  private @Nullable CountDownLatch end;

  /** The pool goes down. Saying it again does nothing. */
  public synchronized void begin() {
    if (end == null) {
      begun = System.nanoTime();
      end = new CountDownLatch(1);
    }
  }

  /** The pool is up again. Saying it again does nothing. */
  public synchronized void end() {
    if (end != null) {
      past.addLast(new Downtime(begun, System.nanoTime()));
      if (past.size() > MAX_DOWNTIMES) {
        past.removeFirst();
      }
      end.countDown();
      end = null;
    }
  }

  /** How many nanoseconds between two readings of {@code System.nanoTime} the pool was down. */
  synchronized long within(long from, long to) {
    long present = end == null ? 0 : new Downtime(begun, to).within(from, to);
    return present + past.stream().mapToLong(downtime -> downtime.within(from, to)).sum();
  }

  /** Waits while the pool is down. */
  void awaitEnd() throws InterruptedException {
    CountDownLatch now;
    synchronized (this) {
      now = end;
    }
    if (now != null) {
      now.await();
    }
  }
}
