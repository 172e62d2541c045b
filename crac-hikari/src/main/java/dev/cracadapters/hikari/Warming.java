/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import com.zaxxer.hikari.pool.HikariPool;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens a drained pool's connections side by side, before its callers are let in. HikariCP adds
 * them one after the other, with a pause after each, and by several adders at once it could add too
 * many: each looks for room before it opens a connection, not after.
 *
 * <p>So they are opened while HikariCP itself adds none: the pool is parked, and the only thread
 * that would go on if it were not is the one that this runs in. What does not answer in time is
 * therefore not lost, either: it is added when it does, ahead of what HikariCP adds.
 */
final class Warming {

  private static final Logger LOGGER = LoggerFactory.getLogger(Warming.class);

  /** As HikariCP has it where it is told to fill a pool at its start. */
  private static final int SIDE_BY_SIDE = 16;

  private final HikariSettings settings;
  private final PoolAccess access;

  Warming(HikariSettings settings, PoolAccess access) {
    this.settings = settings;
    this.access = access;
  }

  /**
   * Returns when the connections are open, one could not be opened, or the time is over.
   *
   * @param pool parked
   * @param waiting how many wait for a connection
   */
  void warm(HikariPool pool, int waiting) {
    int idle = pool.config.getMinimumIdle();
    int wanted = Math.max(idle, waiting);
    if (!isEager(idle) || wanted == 0) {
      return;
    }
    Round round = new Round(pool, wanted);
    access.adder(pool).execute(round);
    try {
      if (!round.await()) {
        LOGGER.warn(
            "{}: the database has not answered within {} ms of the restore (warm-timeout),"
                + " the connections are opened in the background",
            pool,
            settings.warmTimeout().toMillis());
      }
    } catch (InterruptedException e) {
      // The restore is being given up; what is open is open.
      Thread.currentThread().interrupt();
    }
    Throwable failure = round.failure.get();
    if (failure != null) {
      LOGGER.warn(
          "{}: no connection to the database at the restore,"
              + " the connections are opened in the background: {}",
          pool,
          Reason.of(failure, pool.config));
    }
  }

  private boolean isEager(int idle) {
    return switch (settings.warm()) {
      case EAGER -> true;
      case AUTO -> idle > 0;
      case BACKGROUND -> false;
    };
  }

  /** The opening of a number of connections; run by the pool's adder. */
  private final class Round implements Runnable {

    private final HikariPool pool;
    private final AtomicInteger left;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final CountDownLatch settled = new CountDownLatch(1);
    private boolean givenUp;

    Round(HikariPool pool, int wanted) {
      this.pool = pool;
      this.left = new AtomicInteger(wanted);
    }

    boolean await() throws InterruptedException {
      try {
        return settled.await(settings.warmTimeout().toNanos(), TimeUnit.NANOSECONDS);
      } finally {
        giveUp();
      }
    }

    private synchronized void giveUp() {
      givenUp = true;
      left.set(0);
    }

    /** Limits the number to what there is room for now; no other thread adds until this returns. */
    private synchronized int begin() {
      int room = pool.config.getMaximumPoolSize() - pool.getTotalConnections();
      left.set(givenUp ? 0 : Math.min(left.get(), room));
      return Math.min(left.get(), SIDE_BY_SIDE);
    }

    @Override
    public void run() {
      int beside = begin() - 1;
      CountDownLatch open = new CountDownLatch(Math.max(0, beside));
      try {
        for (int i = 0; i < beside; i++) {
          start(
              () -> {
                try {
                  openAll();
                } finally {
                  open.countDown();
                }
              });
        }
        openAll();
        open.await();
      } catch (InterruptedException e) {
        // The adder of a pool that is closed.
        Thread.currentThread().interrupt();
      } finally {
        settled.countDown();
      }
    }

    private void start(Runnable work) {
      ThreadPoolExecutor adder = access.adder(pool);
      Thread thread = adder.getThreadFactory().newThread(work);
      if (thread == null) {
        work.run();
      } else {
        thread.start();
      }
    }

    private void openAll() {
      try {
        while (left.getAndDecrement() > 0) {
          Throwable reason = access.add(pool);
          if (reason != null) {
            fail(reason);
          }
        }
      } catch (RuntimeException e) {
        // The pool was closed meanwhile.
        fail(e);
      }
    }

    private void fail(Throwable reason) {
      failure.compareAndSet(null, reason);
      left.set(0);
      settled.countDown();
    }
  }
}
