/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import com.zaxxer.hikari.pool.HikariPool;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.Failures;
import dev.cracadapters.hikari.borrow.BorrowClock;
import dev.cracadapters.hikari.borrow.BorrowLedger;
import dev.cracadapters.hikari.pool.PoolAccess;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ThreadPoolExecutor;
import org.jspecify.annotations.Nullable;

/**
 * A started pool from the checkpoint to the restore, and the only place that changes it:
 *
 * <pre>
 *          closeGate()            park()             drained()
 *   OPEN ───────────────▶ GATED ──────────▶ PARKED ─────────────▶ DRAINED
 *    ▲                    ▲   │              │  │                  │   │
 *    │                    └───│── unpark() ──┘  │                  │   │
 *    │                    └───│── unpark() ─────│──────────────────┘   │
 *    └──── open() ────────────┴─────────────────┴──────────────────────┘
 *
 *             callers          HikariCP          connections
 *   OPEN      pass             opens and closes  any
 *   GATED     wait at the gate opens and closes  are given back
 *   PARKED    wait at the gate opens nothing     are being closed
 *   DRAINED   wait at the gate opens nothing     none, no socket, no session
 * </pre>
 *
 * <p>The thread of the walk down moves the pool to the right, and back to GATED when a caller
 * inside still needs a connection ({@link PoolDrain}). All pools of a {@link DrainGroup} are parked
 * when nobody has a connection of any of them, and stay DRAINED when all of them are and nobody
 * needed one meanwhile. The thread of the walk up opens the pool from wherever it is, and for good:
 * a walk down that was given up and goes on late is refused.
 *
 * <p>What makes it safe is the order in which things are changed and read:
 *
 * <ul>
 *   <li>A caller on its way is at the gate, let through it, waiting inside, or a borrower; the next
 *       begins before the last ends. So {@link #isGivenBack} reads in this order: no caller slips
 *       through.
 *   <li>Nothing is added to the pool once its adder is held. So {@link #evictAll} asks for the hold
 *       before it evicts and counts.
 *   <li>HikariCP adds nothing while the pool is parked. So {@link #unpark} and {@link #open} change
 *       the pool's state before they let the adder go: what it was asked for meanwhile is added
 *       now.
 *   <li>{@link #open} warms the pool before it opens the gate: callers find its connections.
 * </ul>
 */
final class DrainState {

  /** How far the walk has come with the pool. */
  private enum Stage {
    OPEN,
    GATED,
    PARKED,
    DRAINED
  }

  /**
   * HikariCP's state of a parked pool. It is none of HikariCP's own: all that HikariCP does on its
   * own account it does in {@code POOL_NORMAL} only, and a {@code resumePool} from elsewhere, which
   * fills the pool, takes {@code POOL_SUSPENDED} only.
   */
  private static final int POOL_PARKED = -1;

  private static final Duration ADDER_REST_LIMIT = Duration.ofSeconds(1);

  private final HikariPool pool;
  private final PoolAccess access;
  private final CheckpointGate gate;
  private Stage stage = Stage.OPEN;
  private boolean isRestored;
  private volatile AdderHold adderHold;
  private @Nullable BorrowLedger ledger;

  DrainState(HikariPool pool, PoolAccess access) {
    this.pool = pool;
    this.access = access;
    this.gate = new CheckpointGate(access.lock(pool), pool.toString());
    this.adderHold = new AdderHold(access.adder(pool));
  }

  /** Makes callers wait from now on. The ledger may be kept also when the gate is open again. */
  synchronized void closeGate(boolean keepsLedger) throws RefusedException {
    refuseIfRestored();
    if (stage != Stage.OPEN) {
      return;
    }
    try {
      access.lock(pool, gate);
      ledger = BorrowLedger.of(pool, access, keepsLedger);
      stage = Stage.GATED;
    } catch (IllegalStateException e) {
      throw new RefusedException(
          pool.toString(),
          "the JVM does not allow the change of a final field of HikariCP",
          "Start it with --enable-final-field-mutation=ALL-UNNAMED",
          e);
    }
  }

  /** Has the pool open no connection. Does nothing if it is parked already, for an abort. */
  synchronized void park() throws RefusedException {
    refuseIfRestored();
    if (stage != Stage.GATED) {
      return;
    }
    // A pool that the user has suspended is left so, now and after the restore.
    access.changeState(pool, HikariPool.POOL_NORMAL, POOL_PARKED);
    // Also against a resumePool in the pause, after which the state would let the pool fill.
    adderHold = new AdderHold(access.adder(pool));
    ledger().downtimes().begin();
    stage = Stage.PARKED;
  }

  /** Evicts what is not borrowed; true if the pool has no connection and gets none any more. */
  boolean evictAll(PoolClosing closing) {
    adderHold.request();
    boolean held = AdderHold.isOn(access.adder(pool));
    closing.rememberConnections();
    pool.softEvictConnections();
    return held && pool.getTotalConnections() == 0;
  }

  /** Notes that nothing is left of the pool's connections, here and at the server. */
  synchronized void drained() throws RefusedException {
    refuseIfRestored();
    stage = Stage.DRAINED;
  }

  /** Lets the pool open connections again, for those who are inside. */
  synchronized void unpark() {
    if (stage != Stage.OPEN) {
      boolean parked = access.changeState(pool, POOL_PARKED, HikariPool.POOL_NORMAL);
      adderHold.release();
      ledger().downtimes().end();
      stage = Stage.GATED;
      if (parked) {
        fill(pool);
      }
    }
  }

  /**
   * Brings the pool back from wherever it is, for good. Doing it again does no harm. Each step is
   * tried, whatever another one throws: a gate that stayed closed would hold its callers for ever.
   */
  void open(Warming warming) {
    Failures<RuntimeException> failures = new Failures<>();
    try {
      failures.attempt(() -> warm(warming), DataSourceDrain::unforeseen);
    } finally {
      open(failures);
    }
    failures.throwIfAny();
  }

  private void warm(Warming warming) {
    synchronized (this) {
      isRestored = true;
    }
    if (pool.poolState == POOL_PARKED && hasNoConnections()) {
      // While it is parked nothing else adds a connection, and nobody gets past the gate.
      warming.warm(pool, gate.waiting() + pool.getThreadsAwaitingConnection());
    }
  }

  private synchronized void open(Failures<RuntimeException> failures) {
    isRestored = true;
    boolean wasParked = pool.poolState == POOL_PARKED;
    failures.attempt(
        () -> access.changeState(pool, POOL_PARKED, HikariPool.POOL_NORMAL),
        DataSourceDrain::unforeseen);
    failures.attempt(this::removeGate, DataSourceDrain::unforeseen);
    failures.attempt(gate::open, DataSourceDrain::unforeseen);
    failures.attempt(adderHold::release, DataSourceDrain::unforeseen);
    failures.attempt(this::endDowntime, DataSourceDrain::unforeseen);
    stage = Stage.OPEN;
    if (wasParked) {
      failures.attempt(() -> fill(pool), DataSourceDrain::unforeseen);
    }
  }

  private void removeGate() {
    if (access.lock(pool) == gate) {
      access.lock(pool, gate.replaced());
    }
  }

  private void endDowntime() {
    if (ledger != null) {
      ledger.downtimes().end();
      ledger.removeUnlessKept();
    }
  }

  CheckpointGate gate() {
    return gate;
  }

  /** Whether nobody has a connection, or, if patient, is past the gate and about to get one. */
  boolean isGivenBack(boolean patient) {
    BorrowClock.advance();
    return !(patient && gate.isPassed()) && !isNeeded(patient) && pool.getActiveConnections() == 0;
  }

  /** Whether a caller waits inside of the pool; see {@link #isGivenBack}. */
  boolean isNeeded(boolean patient) {
    return patient && pool.getThreadsAwaitingConnection() > 0;
  }

  /** Whether the pool opens none and has none, wherever the way down has ended. */
  boolean hasNoConnections() {
    if (pool.poolState == HikariPool.POOL_NORMAL) {
      return false;
    }
    ThreadPoolExecutor adder = access.adder(pool);
    try {
      // An adder that has replaced the one that is held has nothing to do but to find that out.
      return Deadline.after(ADDER_REST_LIMIT)
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

  /** Which thread has borrowed what; not before the gate is closed. */
  synchronized BorrowLedger ledger() {
    return Objects.requireNonNull(ledger, "There is none before the gate is closed");
  }

  /** Asks for the idle connections, and for those who wait inside of the pool. */
  static void fill(HikariPool pool) {
    int wanted = Math.max(pool.config.getMinimumIdle(), pool.getThreadsAwaitingConnection());
    for (int i = 0; i < wanted; i++) {
      // Adds one if it is needed when its turn comes: in the background, again and again while the
      // database does not answer.
      pool.addBagItem(Integer.MAX_VALUE);
    }
  }

  private void refuseIfRestored() throws RefusedException {
    if (isRestored) {
      throw restoredMeanwhile(pool.toString());
    }
  }

  static RefusedException restoredMeanwhile(String pool) {
    return new RefusedException(
        pool, "the pool was resumed while it was drained", "Take the checkpoint again");
  }

  /** For what is over as soon as the database answers. */
  static RefusedException unanswered(String pool, String cause, @Nullable Exception reason) {
    return new RefusedException(
        pool, cause, "See whether the database answers, and take the checkpoint again", reason);
  }
}
