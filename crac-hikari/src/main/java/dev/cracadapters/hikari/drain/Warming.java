/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import com.zaxxer.hikari.pool.HikariPool;
import dev.cracadapters.hikari.HikariSettings;
import dev.cracadapters.hikari.pool.PoolAccess;
import dev.cracadapters.hikari.settings.Secrets;
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
 * <p>So they are opened by threads of our own while HikariCP itself adds none, as the pool is
 * parked. What has not answered in time is not lost: it is added when it answers, and HikariCP's
 * adder has its turn after that.
 */
public final class Warming {

  private static final Logger LOGGER = LoggerFactory.getLogger(Warming.class);

  /** As HikariCP has it where it is set to fill a pool at its start. */
  private static final int MAX_THREADS = 16;

  private final HikariSettings settings;
  private final PoolAccess access;

  public Warming(HikariSettings settings, PoolAccess access) {
    this.settings = settings;
    this.access = access;
  }

  /** Returns when a parked pool has its connections, one could not be opened, or time is over. */
  void warm(HikariPool pool, int waiting) {
    int idle = pool.config.getMinimumIdle();
    int most = pool.config.getMaximumPoolSize();
    int wanted = Math.min(Math.max(idle, waiting), most - pool.getTotalConnections());
    boolean isEager =
        settings.warm() == HikariSettings.Warm.EAGER
            // Who says nothing of it gets as many as the pool may have, and does not mean to wait.
            || (settings.warm() == HikariSettings.Warm.AUTO && idle > 0 && idle < most);
    if (!isEager || wanted <= 0) {
      return;
    }
    Round round = new Round(pool, wanted);
    round.start();
    try {
      if (!round.settled.await(settings.warmTimeout().toNanos(), TimeUnit.NANOSECONDS)) {
        LOGGER.warn(
            "{}: the database has not answered within {} ms of the restore (warm-timeout),"
                + " the pool goes on in the background",
            pool,
            settings.warmTimeout().toMillis());
      }
    } catch (InterruptedException e) {
      // The restore is being given up; what is open is open.
      Thread.currentThread().interrupt();
    }
    round.end();
    Throwable failure = round.failure.get();
    if (failure != null) {
      LOGGER.warn(
          "{}: a connection could not be opened at the restore,"
              + " the pool goes on in the background: {}",
          pool,
          Secrets.describe(failure, pool.config));
    }
  }

  /** The opening of a number of connections. */
  private final class Round {

    private final HikariPool pool;
    private final ThreadPoolExecutor adder;
    private final AtomicInteger left;
    private final int threads;
    private final CountDownLatch over;
    private final CountDownLatch settled = new CountDownLatch(1);
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    Round(HikariPool pool, int wanted) {
      this.pool = pool;
      this.adder = access.adder(pool);
      this.left = new AtomicInteger(wanted);
      this.threads = Math.min(wanted, MAX_THREADS);
      this.over = new CountDownLatch(threads);
    }

    void start() {
      for (int i = 0; i < threads; i++) {
        if (!startOne()) {
          ends();
        }
      }
    }

    /** False where there is no thread: the others do its part, or HikariCP in the background. */
    private boolean startOne() {
      try {
        Thread thread = adder.getThreadFactory().newThread(this::openAll);
        if (thread != null) {
          thread.start();
        }
        return thread != null;
      } catch (RuntimeException | Error e) { // a factory of the user's; no memory for a thread
        fail(e);
        return false;
      }
    }

    /** Begins no more, and lets HikariCP begin its own only after those that are under way. */
    void end() {
      left.set(0);
      if (over.getCount() > 0) {
        // What is forgotten here is asked for again when the pool is no longer parked.
        adder.getQueue().clear();
        if (adder.getQueue().offer(this::awaitOver)) {
          adder.prestartCoreThread();
        }
      }
    }

    private void awaitOver() {
      try {
        AdderHold.await(over, adder); // bounded by the time that a login may take
        // This has had a place in the adder's queue, for want of which a request may be forgotten.
        DrainState.fill(pool);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
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
      } catch (RuntimeException | Error e) {
        // The pool was closed meanwhile, or a driver is not all there.
        fail(e);
      } finally {
        ends();
      }
    }

    private void fail(Throwable reason) {
      failure.compareAndSet(null, reason);
      left.set(0);
      settled.countDown();
    }

    private void ends() {
      over.countDown();
      if (over.getCount() == 0) {
        settled.countDown();
      }
    }
  }
}
