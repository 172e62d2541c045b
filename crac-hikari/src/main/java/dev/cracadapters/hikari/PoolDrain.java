/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import com.zaxxer.hikari.pool.HikariPool;
import com.zaxxer.hikari.util.SuspendResumeLock;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One pool's way down to no connection at all, and up again. */
final class PoolDrain {

  /**
   * The pool's state from the drain to the restore. It is none of HikariCP's own: all that HikariCP
   * does on its own account it does in {@code POOL_NORMAL} only, and a {@code resumePool} from
   * elsewhere, which fills the pool, takes {@code POOL_SUSPENDED} only.
   */
  static final int PARKED = -1;

  /**
   * How long the closing may take: HikariCP pauses up to 5 s between attempts to open a connection.
   */
  private static final Duration CLOSING = Duration.ofSeconds(8);

  /** Who has got a connection at the last moment may need another one, too, if he has it longer. */
  private static final Duration SOON = Duration.ofMillis(100);

  private static final Duration ADDER_AT_REST = Duration.ofSeconds(1);

  private final HikariPool pool;
  private final PoolAccess access;
  private final HikariSettings settings;
  private final Duration drainTimeout;
  private final CheckpointGate gate;
  private volatile AdderHold adderHold;
  private @Nullable BorrowLedger ledger;
  private @Nullable LoanAbort abort;
  private boolean isParked;
  private boolean ended;

  PoolDrain(HikariPool pool, PoolAccess access, HikariSettings settings) {
    this.pool = pool;
    this.access = access;
    this.settings = settings;
    this.drainTimeout = settings.drainTimeout();
    this.gate = new CheckpointGate(access.lock(pool), pool.toString());
    this.adderHold = new AdderHold(access.adder(pool));
  }

  /**
   * Returns when the pools of the group have no connection, this process no socket, and the servers
   * no session of them; or when another pool of the group has failed, wherever this one is then.
   *
   * @param member whom the group expects
   */
  void down(DrainGroup group, Object member) throws RefusedException, InterruptedException {
    DrainPart part = new DrainPart();
    closeGate();
    group.joins(member, part);
    PoolClosing closing = new PoolClosing(pool, access, CLOSING);
    while (awaitGivenBack(group, part, closing)) {
      park();
      closing.remember();
      DrainGroup.Outcome outcome = group.vote(closeAll(group, part, closing));
      if (outcome == DrainGroup.Outcome.AGREED) {
        // Who was let through a moment ago has come as far as the pool by now.
        outcome = group.vote(!part.isNeeded());
      }
      if (outcome == DrainGroup.Outcome.AGREED) {
        refuseIfAnyReset();
        group.isDown();
      }
      if (outcome != DrainGroup.Outcome.AGAIN) {
        return;
      }
      unpark();
    }
  }

  /**
   * Returns when nothing is left. False if a caller needs a connection first who was past the
   * gate's place just before it was put there, or has got one, or all is off. One who sits between
   * the lock and the pool's inside for longer than all this takes is not seen: he waits inside, and
   * is served after the restore.
   */
  private boolean closeAll(DrainGroup group, DrainPart part, PoolClosing closing)
      throws RefusedException, InterruptedException {
    Deadline limit = Deadline.after(CLOSING);
    evictAll(group, part, closing, limit);
    if (part.isNeeded() || pool.getActiveConnections() > 0 || group.isOff()) {
      return false;
    }
    closing.await(group, part, limit);
    return !part.isNeeded();
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

  private synchronized void closeGate() throws RefusedException {
    refuseIfEnded();
    SuspendResumeLock lock = access.lock(pool);
    if (lock == gate) {
      return;
    }
    try {
      set(gate);
      ledger = BorrowLedger.of(pool, access, settings.trackBorrowers());
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

  /** False when the group's going down is off. */
  private boolean awaitGivenBack(DrainGroup group, DrainPart part, PoolClosing closing)
      throws RefusedException, InterruptedException {
    // Who holds a connection may need a second one to get done, and wait for it at a gate, this
    // pool's or another's. So those who wait there are let through after a quarter and after half
    // of the time, which is late enough for short transactions not to keep the pool busy by turns.
    for (int quarter = 1; quarter <= 2; quarter++) {
      long nanos = Math.min(part.drain.remainingNanos(), drainTimeout.toNanos() / 4);
      if (Deadline.after(Duration.ofNanos(nanos)).await(group::isSettledOrGoesOn)) {
        return !group.isOff();
      }
      if (part.isGivenBack()) {
        part.letWaitingThrough();
      } else {
        group.letWaitingThrough();
      }
    }
    Deadline until = part.drain;
    while (!until.await(group::isSettledOrGoesOn)) {
      if (!part.isGivenBack()) {
        abortOrRefuse(closing);
      }
      // Another pool has more time. What is borrowed of this one from now on is for its sake.
      until = until == part.drain ? group.drain() : Deadline.after(drainTimeout);
    }
    return !group.isOff();
  }

  private void abortOrRefuse(PoolClosing closing) throws RefusedException, InterruptedException {
    if (settings.onTimeout() == HikariSettings.OnTimeout.REFUSE) {
      throw borrowed();
    }
    refuseIfAnyReset();
    // Nobody who waits inside gets a new connection instead.
    park();
    closing.remember();
    abort = new LoanAbort(pool, access, ledger());
    if (!abort.isDoneBefore(Deadline.after(CLOSING))) {
      throw closing.busy(null);
    }
  }

  private void refuseIfAnyReset() throws RefusedException {
    if (abort != null && abort.isAnyReset()) {
      throw new RefusedException(
          pool.toString(),
          "the server may still be at what an aborted connection has begun",
          "Take the checkpoint again");
    }
  }

  private RefusedException borrowed() {
    int borrowed = pool.getActiveConnections();
    return new RefusedException(
        pool.toString(),
        (borrowed == 1 ? "1 connection is" : borrowed + " connections are")
            + " still borrowed after "
            + inSeconds(drainTimeout)
            + Borrowers.in(ledger().loans())
            + '\n',
        "Raise spring.crac.hikari.drain-timeout or finish the work");
  }

  private synchronized BorrowLedger ledger() {
    return Objects.requireNonNull(ledger, "It is there as long as the gate is");
  }

  private synchronized void park() throws RefusedException {
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

  private synchronized void unpark() {
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

  static RefusedException resumed(String pool) {
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

  /** Evicts until none is left, or a caller needs one or keeps one, or all is off. */
  private void evictAll(DrainGroup group, DrainPart part, PoolClosing closing, Deadline limit)
      throws RefusedException, InterruptedException {
    Deadline soon = Deadline.after(SOON);
    boolean empty =
        limit.await(
            () -> {
              // In this order: once the adder is held nothing is added any more.
              boolean held = adderHold.isThere();
              closing.rememberConnections();
              pool.softEvictConnections();
              return group.isOff()
                  || part.isNeeded()
                  || (soon.hasPassed() && pool.getActiveConnections() > 0)
                  || (held && pool.getTotalConnections() == 0);
            });
    if (!empty) {
      throw new RefusedException(
          pool.toString(),
          pool.getTotalConnections() == 0
              ? "a connection is still being opened"
              : pool.getTotalConnections() + " connections cannot be closed",
          "See whether the database answers, and take the checkpoint again");
    }
  }

  static String inSeconds(Duration duration) {
    return duration.toMillis() % 1000 == 0
        ? duration.toSeconds() + " s"
        : duration.toMillis() + " ms";
  }

  /** This pool as its group sees it during one way down. */
  private final class DrainPart implements DrainGroup.Part {

    private final Deadline drain = Deadline.after(drainTimeout);

    /** A caller who waits inside of the pool is waited for while there is hope for a connection. */
    private final Deadline patience = Deadline.after(drainTimeout.dividedBy(2));

    @Override
    public boolean isGivenBack() {
      BorrowClock.advance();
      // In this order: who is let through waits then, and who stops waiting has borrowed.
      return !(gate.isPassed() && !patience.hasPassed())
          && !isNeeded()
          && pool.getActiveConnections() == 0;
    }

    boolean isNeeded() {
      return pool.getThreadsAwaitingConnection() > 0 && !patience.hasPassed();
    }

    @Override
    public boolean isBorrowed() {
      return !isGivenBack();
    }

    @Override
    public Set<Thread> borrowers() {
      return ledger().loans().stream()
          .map(Loan::borrower)
          .filter(Objects::nonNull)
          .collect(Collectors.toSet());
    }

    @Override
    public void letThrough(Set<Thread> threads) {
      gate.letThrough(threads);
    }

    @Override
    public void letWaitingThrough() {
      gate.letWaitingThrough();
    }

    @Override
    public Deadline drain() {
      return drain;
    }

    @Override
    public Set<String> servers() {
      return JdbcServers.of(pool.config.getJdbcUrl());
    }
  }
}
