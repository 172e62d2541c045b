/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.borrow;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import dev.cracadapters.hikari.pool.PoolAccess;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that the pools of some data sources keep a {@link BorrowLedger}, and tells the ledgers
 * the time. Reading a clock costs more than all else that a ledger does, so that one thread reads
 * it each second for all pools. It ends when no data source is left, and holds none that nobody
 * else holds.
 */
public final class BorrowClock {

  private static final Logger LOG = LoggerFactory.getLogger(BorrowClock.class);
  private static final Map<HikariDataSource, PoolAccess> TRACKED = new WeakHashMap<>();
  private static @Nullable Thread thread;

  /**
   * {@code System.nanoTime} up to about a second ago. Not volatile, for it is read each time that a
   * connection is borrowed.
   */
  private static long now = System.nanoTime();

  private BorrowClock() {}

  /** Has a data source's pool keep a ledger, now if the pool is started, else when it is. */
  public static void track(HikariDataSource dataSource, PoolAccess access) {
    synchronized (TRACKED) {
      advance();
      if (keepLedger(dataSource, access)) {
        TRACKED.put(dataSource, access);
        if (thread == null) {
          thread = new Thread(null, BorrowClock::tick, "crac-hikari clock", 0, false);
          thread.setDaemon(true);
          thread.setContextClassLoader(null);
          thread.start();
        }
      }
    }
  }

  /** The moment of a connection that is borrowed now. */
  static long now() {
    return now;
  }

  /** Sets the clock, which is exact for a moment then. */
  public static void advance() {
    now = System.nanoTime();
  }

  private static void tick() {
    while (keepLedgers()) {
      advance();
      LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
      if (Thread.interrupted()) {
        LOG.debug("Nobody has a reason to interrupt this thread");
      }
    }
  }

  /** Has all started pools keep a ledger; false when there is none to track any more. */
  private static boolean keepLedgers() {
    synchronized (TRACKED) {
      try {
        TRACKED.entrySet().removeIf(entry -> !keepLedger(entry.getKey(), entry.getValue()));
      } catch (RuntimeException | Error e) { // of a user's data source: the clock goes on
        LOG.debug("The borrowers of connections are noted when this is over", e);
      }
      if (TRACKED.isEmpty()) {
        thread = null;
      }
      return thread != null;
    }
  }

  /** Has a pool keep a ledger if it is started; false if there is nothing, or no way, to track. */
  private static boolean keepLedger(HikariDataSource dataSource, PoolAccess access) {
    if (dataSource.isClosed()) {
      return false;
    }
    HikariPool pool = (HikariPool) dataSource.getHikariPoolMXBean();
    try {
      if (pool != null) {
        BorrowLedger.of(pool, access, true);
      }
      return true;
    } catch (IllegalStateException e) {
      LOG.debug("{}: the borrowers of connections cannot be noted", pool, e);
      return false;
    }
  }
}
