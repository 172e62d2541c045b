/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.core.Deadline;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Keeps a data source whose pool is not started from starting it: the first {@code getConnection}
 * would open a connection during the checkpoint. {@code HikariDataSource} starts its pool inside of
 * its own monitor, so that a thread that sits in there makes callers wait.
 *
 * <p>Nobody has a connection of such a pool, but a thread that has one of another pool may be the
 * one that starts it: then the start is let go.
 */
final class StartHold implements DrainGroup.Part {

  /** The group ends, or the walk is interrupted. */
  private static final Duration NO_LIMIT = Duration.ofDays(1);

  private final CountDownLatch entered = new CountDownLatch(1);
  private final CountDownLatch released = new CountDownLatch(1);
  private final Deadline drain;

  private StartHold(Deadline drain) {
    this.drain = drain;
  }

  /** Holds the start of a data source's pool, from when {@link #isHeld} says so. */
  static StartHold on(HikariDataSource dataSource, Deadline drain) {
    StartHold hold = new StartHold(drain);
    Thread thread = new Thread(() -> hold.sit(dataSource), "crac-hikari start hold");
    thread.setDaemon(true);
    thread.start();
    return hold;
  }

  private void sit(HikariDataSource dataSource) {
    synchronized (dataSource) {
      entered.countDown();
      try {
        released.await();
      } catch (InterruptedException e) {
        // Only the end of the program interrupts this thread.
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Waits until no pool can be started; false when one is being started all the time. */
  boolean awaitHeld(Deadline deadline) throws InterruptedException {
    return entered.await(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
  }

  /** True when no pool can be started until the release. */
  boolean isHeld() {
    return entered.getCount() == 0 && !isReleased();
  }

  /** Lets the callers go on. Releasing again does nothing. */
  void release() {
    released.countDown();
  }

  boolean isReleased() {
    return released.getCount() == 0;
  }

  /**
   * Waits until the group is down or off, which is true. False if the start had to be let go, and
   * nobody has a connection of another pool any more: then the start is to be held again, or the
   * pool to be drained.
   */
  boolean awaitDown(DrainGroup group) throws InterruptedException {
    while (!isReleased()) {
      Deadline.after(NO_LIMIT).await(() -> isReleased() || group.isSettled());
      if (!isReleased()) {
        DrainGroup.Outcome outcome = group.agree(true, () -> !isReleased());
        if (outcome != DrainGroup.Outcome.AGAIN) {
          return true;
        }
      }
    }
    Deadline.after(NO_LIMIT).await(() -> group.isOff() || !group.isBorrowed());
    return group.isOff();
  }

  @Override
  public boolean isGivenBack() {
    return !isReleased();
  }

  @Override
  public boolean isBorrowed() {
    return false;
  }

  @Override
  public void letThrough(Set<Thread> threads) {
    // Nobody can tell which threads wait for a monitor: they go on with all who wait.
  }

  @Override
  public void letWaitingThrough() {
    release();
  }

  @Override
  public Deadline drain() {
    return drain;
  }
}
