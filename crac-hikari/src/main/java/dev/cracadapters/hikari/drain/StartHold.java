/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.core.Deadline;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Keeps a data source whose pool is not started from starting it: the first {@code getConnection}
 * would open a connection during the checkpoint. {@code HikariDataSource} starts its pool inside of
 * its own monitor, so that a thread that sits in there makes callers wait.
 */
public final class StartHold {

  private final CountDownLatch entered = new CountDownLatch(1);
  private final CountDownLatch released = new CountDownLatch(1);

  private StartHold() {}

  public static StartHold on(HikariDataSource dataSource) {
    StartHold hold = new StartHold();
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
        // Nobody interrupts this thread but the end of the program.
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Waits until no pool can be started any more; false when one is being started all the time. */
  public boolean isHeldBefore(Deadline deadline) throws InterruptedException {
    return entered.await(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
  }

  /** True when no pool can be started until the release. */
  public boolean isHeld() {
    return entered.getCount() == 0;
  }

  /** Lets the callers go on. Releasing again does nothing. */
  public void release() {
    released.countDown();
  }
}
