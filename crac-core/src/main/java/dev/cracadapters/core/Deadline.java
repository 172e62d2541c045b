/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * A point in time after which waiting ends. It is kept on the monotonic clock, which a restore does
 * not move (CRIU restores into a time namespace, a CRaC JDK adjusts {@code System.nanoTime}), so a
 * deadline that was taken before a checkpoint means the same amount of the process's own time after
 * it.
 */
public final class Deadline {

  /** Something that can only be asked, not waited for. */
  @FunctionalInterface
  public interface Condition<E extends Exception> {

    /** {@return whether the waiting is over} */
    boolean isMet() throws E, InterruptedException;
  }

  private static final long FIRST_PAUSE_NANOS = 50_000;
  private static final long LONGEST_PAUSE_NANOS = 5_000_000;

  private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE);

  private final long end;

  private Deadline(long end) {
    this.end = end;
  }

  /**
   * {@return a deadline that lies ahead}
   *
   * @param duration how far ahead; zero or negative is a deadline that has passed, and 292 years
   *     are as good as any more
   */
  public static Deadline after(Duration duration) {
    Duration ahead = duration.isNegative() ? Duration.ZERO : duration;
    long nanos = ahead.compareTo(LONGEST) > 0 ? Long.MAX_VALUE : ahead.toNanos();
    return new Deadline(System.nanoTime() + nanos);
  }

  /** {@return nanoseconds until the deadline, 0 when it has passed} */
  public long remainingNanos() {
    return Math.max(0, end - System.nanoTime());
  }

  /** {@return milliseconds until the deadline, rounded up, 0 when it has passed} */
  public long remainingMillis() {
    return (remainingNanos() + 999_999) / 1_000_000;
  }

  /** {@return whether the deadline has passed} */
  public boolean hasPassed() {
    return end - System.nanoTime() <= 0;
  }

  /**
   * Waits for something that can only be asked, not waited for. The condition is asked at growing
   * intervals from 50 microseconds to 5 milliseconds, and once more at the deadline.
   *
   * @param condition what is waited for
   * @param <E> what asking throws
   * @return true when the condition held, false when the deadline passed first
   * @throws E if the condition throws it
   * @throws InterruptedException if the thread was interrupted before or while waiting
   */
  public <E extends Exception> boolean await(Condition<E> condition)
      throws E, InterruptedException {
    long pause = FIRST_PAUSE_NANOS;
    while (!condition.isMet()) {
      if (hasPassed()) {
        return condition.isMet();
      }
      LockSupport.parkNanos(this, Math.min(pause, remainingNanos()));
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      pause = Math.min(pause * 2, LONGEST_PAUSE_NANOS);
    }
    return true;
  }
}
