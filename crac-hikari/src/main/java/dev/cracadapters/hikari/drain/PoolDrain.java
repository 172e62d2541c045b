/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import com.zaxxer.hikari.pool.HikariPool;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.Drain;
import dev.cracadapters.core.support.JdbcUrl;
import dev.cracadapters.core.support.Unfinished;
import dev.cracadapters.hikari.HikariSettings;
import dev.cracadapters.hikari.borrow.Loan;
import dev.cracadapters.hikari.pool.PoolAccess;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One pool's way down in one walk, to no connection at all: it moves a {@link DrainState} on, in
 * step with the other pools of its group.
 */
final class PoolDrain implements Drain.Source, DrainGroup.Part {

  /** HikariCP pauses up to 5 s between attempts to open a connection. */
  private static final Duration CLOSING_LIMIT = Duration.ofSeconds(8);

  /** Whoever keeps a late connection for longer than this may need another one, too. */
  private static final Duration LATE_LOAN_LIMIT = Duration.ofMillis(100);

  /** How often all who wait are let through, each after a quarter of the drain timeout. */
  private static final int PASSES = 2;

  private final HikariPool pool;
  private final PoolAccess access;
  private final HikariSettings settings;
  private final DrainState state;
  private final DrainGroup group;
  private final Drain drain;

  /** A caller who waits inside of the pool is waited for while there is hope for a connection. */
  private final Deadline patience;

  private final PoolClosing closing;
  private int passesLeft;
  private Deadline nextPass;
  private @Nullable LoanAbort abort;

  /** Closes the pool's gate, and joins the group, which expects the member. */
  PoolDrain(
      HikariPool pool,
      PoolAccess access,
      HikariSettings settings,
      DrainState state,
      DrainGroup group,
      Object member)
      throws RefusedException {
    state.closeGate(settings.trackBorrowers());
    this.pool = pool;
    this.access = access;
    this.settings = settings;
    this.state = state;
    this.group = group;
    Duration timeout = settings.drainTimeout();
    this.drain =
        new Drain(
            this,
            new Drain.Wording(
                pool.toString(),
                "connection",
                "borrowed",
                "Raise spring.crac.hikari.drain-timeout or finish the work"),
            timeout);
    this.patience = Deadline.after(timeout.dividedBy(2));
    this.nextPass = drain.deadline();
    this.closing = new PoolClosing(pool, access, CLOSING_LIMIT);
    group.join(member, this);
  }

  /**
   * Returns when the pools of the group have no connection, this process no socket, and the servers
   * no session of them; or when another pool of the group has failed, wherever this one is then.
   */
  void run() throws RefusedException, InterruptedException {
    while (awaitGivenBack()) {
      state.park();
      closing.remember();
      boolean closed = closeAll();
      if (closed) {
        state.drained();
      }
      DrainGroup.Outcome outcome = group.agree(closed, () -> !isNeeded());
      if (outcome == DrainGroup.Outcome.AGREED) {
        refuseIfAnyReset();
      }
      if (outcome != DrainGroup.Outcome.AGAIN) {
        return;
      }
      state.unpark();
    }
  }

  /** False when the group's going down is off. */
  private boolean awaitGivenBack() throws RefusedException, InterruptedException {
    passesLeft = PASSES;
    planNextPass();
    Deadline until = drain.deadline();
    while (!drain.await(until)) {
      // Another pool has more time. What is borrowed of this one from now on is for its sake.
      until = until == drain.deadline() ? group.drain() : Deadline.after(settings.drainTimeout());
    }
    return !group.isOff();
  }

  @Override
  public void stopAccepting() {
    // The gate is closed before the group sees this pool.
  }

  /**
   * Whoever holds a connection may need a second one to get done, and wait for it at a gate, this
   * pool's or another's. Known borrowers are let through at once; as not all are known, all who
   * wait are let through after a quarter and after half of the time. That is late enough for short
   * transactions not to keep the pool busy by turns.
   */
  @Override
  public boolean advance() {
    if (group.isSettled()) {
      return true;
    }
    group.letBorrowersThrough();
    if (passesLeft > 0 && nextPass.hasPassed()) {
      passesLeft--;
      planNextPass();
      if (isGivenBack()) {
        letWaitingThrough();
      } else {
        group.letWaitingThrough();
      }
    }
    return false;
  }

  private void planNextPass() {
    long quarter = settings.drainTimeout().toNanos() / 4;
    nextPass =
        Deadline.after(Duration.ofNanos(Math.min(drain.deadline().remainingNanos(), quarter)));
  }

  @Override
  public List<Unfinished> closeIdle() {
    return isGivenBack()
        ? List.of()
        : state.ledger().loans().stream().map(Loan::unfinished).toList();
  }

  @Override
  public boolean cut() throws RefusedException, InterruptedException {
    if (settings.onTimeout() == HikariSettings.OnTimeout.REFUSE) {
      return false;
    }
    refuseIfAnyReset();
    // Nobody who waits inside gets a new connection instead.
    state.park();
    closing.remember();
    abort = new LoanAbort(pool, access, state.ledger());
    if (!abort.abortAll(Deadline.after(CLOSING_LIMIT))) {
      throw closing.busy(null);
    }
    return true;
  }

  private void refuseIfAnyReset() throws RefusedException {
    if (abort != null && abort.isAnyReset()) {
      throw new RefusedException(
          pool.toString(),
          "the server may still be at what an aborted connection has begun",
          "Take the checkpoint again");
    }
  }

  /**
   * Returns when nothing is left. False if a caller needs a connection first who was past the
   * gate's place just before it was put there, or has got one, or all is off. One who sits between
   * the lock and the pool's inside for longer than all this takes is not seen: it waits inside, and
   * is served after the restore.
   */
  private boolean closeAll() throws RefusedException, InterruptedException {
    Deadline limit = Deadline.after(CLOSING_LIMIT);
    evictAll(limit);
    if (isNeeded() || pool.getActiveConnections() > 0 || group.isOff()) {
      return false;
    }
    closing.await(group, this, limit);
    return !isNeeded();
  }

  /** Evicts until none is left, or a caller needs one or keeps one, or all is off. */
  private void evictAll(Deadline limit) throws RefusedException, InterruptedException {
    Deadline lateLoans = Deadline.after(LATE_LOAN_LIMIT);
    boolean ended =
        limit.await(
            () ->
                state.evictAll(closing)
                    || group.isOff()
                    || isNeeded()
                    || (lateLoans.hasPassed() && pool.getActiveConnections() > 0));
    if (!ended) {
      throw DrainState.unanswered(
          pool.toString(),
          pool.getTotalConnections() == 0
              ? "a connection is still being opened"
              : pool.getTotalConnections() + " connections cannot be closed",
          null);
    }
  }

  private boolean isNeeded() {
    return state.isNeeded(!patience.hasPassed());
  }

  @Override
  public boolean isGivenBack() {
    return state.isGivenBack(!patience.hasPassed());
  }

  @Override
  public Set<Thread> borrowers() {
    return state.ledger().loans().stream()
        .map(Loan::borrower)
        .filter(Objects::nonNull)
        .collect(Collectors.toSet());
  }

  @Override
  public void letThrough(Set<Thread> threads) {
    state.gate().letThrough(threads);
  }

  @Override
  public void letWaitingThrough() {
    state.gate().letWaitingThrough();
  }

  @Override
  public Deadline drain() {
    return drain.deadline();
  }

  @Override
  public Set<String> servers() {
    return JdbcUrl.of(pool.config.getJdbcUrl()).addresses();
  }
}
