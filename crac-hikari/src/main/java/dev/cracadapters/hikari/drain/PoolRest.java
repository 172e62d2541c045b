/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import com.zaxxer.hikari.pool.HikariPool;
import com.zaxxer.hikari.util.SuspendResumeLock;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.hikari.borrow.BorrowLedger;
import dev.cracadapters.hikari.pool.PoolAccess;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ThreadPoolExecutor;
import org.jspecify.annotations.Nullable;

/**
 * What keeps a pool at rest: a gate before its callers, a state in which HikariCP opens nothing,
 * the hold on the thread that opens connections, and the ledger that knows how long all that
 * lasted.
 */
public final class PoolRest {

  /**
   * The pool's state from the drain to the restore. It is none of HikariCP's own: all that HikariCP
   * does on its own account it does in {@code POOL_NORMAL} only, and a {@code resumePool} from
   * elsewhere, which fills the pool, takes {@code POOL_SUSPENDED} only.
   */
  static final int PARKED = -1;

  private static final Duration ADDER_AT_REST = Duration.ofSeconds(1);

  private final HikariPool pool;
  private final PoolAccess access;
  private final CheckpointGate gate;
  private volatile AdderHold adderHold;
  private @Nullable BorrowLedger ledger;
  private boolean isParked;
  private boolean ended;

  PoolRest(HikariPool pool, PoolAccess access) {
    this.pool = pool;
    this.access = access;
    this.gate = new CheckpointGate(access.lock(pool), pool.toString());
    this.adderHold = new AdderHold(access.adder(pool));
  }

  CheckpointGate gate() {
    return gate;
  }

  /** Asks for the hold on the adder; true when it is there, and nothing is added any more. */
  boolean isAdderHeld() {
    return adderHold.isThere();
  }

  /** Who has borrowed what; there as long as the gate is. */
  synchronized BorrowLedger ledger() {
    return Objects.requireNonNull(ledger, "It is there as long as the gate is");
  }

  /**
   * Lets nobody get a connection any more.
   *
   * @param keepsLedger whether borrowers are noted also when the gate is open again
   */
  synchronized void closeGate(boolean keepsLedger) throws RefusedException {
    refuseIfEnded();
    SuspendResumeLock lock = access.lock(pool);
    if (lock == gate) {
      return;
    }
    try {
      set(gate);
      ledger = BorrowLedger.of(pool, access, keepsLedger);
    } catch (IllegalStateException e) {
      throw new RefusedException(
          pool.toString(),
          "the JVM does not allow the change of a final field of HikariCP",
          "Start it with --enable-final-field-mutation=ALL-UNNAMED",
          e);
    }
  }

  private void set(SuspendResumeLock lock) {
    try {
      access.lock(pool, lock);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Has the pool open no connection. Doing it again does no harm. */
  synchronized void park() throws RefusedException {
    refuseIfEnded();
    if (isParked) {
      return; // for the abort
    }
    isParked = true;
    // A pool that the user has suspended is left so, now and after the restore.
    access.changeState(pool, HikariPool.POOL_NORMAL, PARKED);
    // Also against a resumePool in the pause, after which the state would let the pool fill.
    AdderHold hold = new AdderHold(access.adder(pool));
    adderHold = hold;
    gate.whenOpen(hold::release);
    ledger().downtimes().begin();
  }

  /** Lets the pool open connections again, for those who are inside. */
  synchronized void unpark() {
    isParked = false;
    boolean parked = !ended && access.changeState(pool, PARKED, HikariPool.POOL_NORMAL);
    // In this order: what was asked for meanwhile has its turn now, and does nothing while parked.
    adderHold.release();
    ledger().downtimes().end();
    if (parked) {
      fill();
    }
  }

  private void refuseIfEnded() throws RefusedException {
    if (ended) {
      throw resumed(pool.toString());
    }
  }

  public static RefusedException resumed(String pool) {
    return new RefusedException(
        pool, "the pool was resumed while it was drained", "Take the checkpoint again");
  }

  /** Asks for the idle connections, and for those who wait inside of the pool. */
  private void fill() {
    int wanted = Math.max(pool.config.getMinimumIdle(), pool.getThreadsAwaitingConnection());
    for (int i = 0; i < wanted; i++) {
      // Adds one if it is needed when its turn comes. It is done in the background, again and again
      // while the database does not answer.
      pool.addBagItem(Integer.MAX_VALUE);
    }
  }

  /** Resumes, wherever the way down ended. Doing it again does no harm. */
  void up(Warming warming) {
    end();
    if (pool.poolState == PARKED && isDrained()) {
      // While it is parked nothing else adds a connection, and nobody gets past the gate.
      warming.warm(pool, gate.waiting() + pool.getThreadsAwaitingConnection());
    }
    open();
  }

  /** True when the way down came to its end: no connection, and none is being opened. */
  boolean isDrained() {
    if (pool.poolState == HikariPool.POOL_NORMAL) {
      return false;
    }
    ThreadPoolExecutor adder = access.adder(pool);
    try {
      // One that came in the place of the adder that is held has nothing to do but to find that
      // out.
      return Deadline.after(ADDER_AT_REST)
          .await(
              () ->
                  pool.getTotalConnections() == 0
                      && (AdderHold.isOn(adder)
                          || (adder.getQueue().isEmpty() && adder.getActiveCount() == 0)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private synchronized void end() {
    ended = true;
  }

  private synchronized void open() {
    boolean parked = access.changeState(pool, PARKED, HikariPool.POOL_NORMAL);
    if (access.lock(pool) == gate) {
      set(gate.replaced());
    }
    gate.open();
    if (ledger != null) {
      ledger.downtimes().end();
      ledger.removeUnlessKept();
    }
    if (parked) {
      fill();
    }
  }
}
