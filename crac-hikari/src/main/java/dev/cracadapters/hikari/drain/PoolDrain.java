/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import com.zaxxer.hikari.pool.HikariPool;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.hikari.HikariSettings;
import dev.cracadapters.hikari.borrow.BorrowClock;
import dev.cracadapters.hikari.borrow.Borrowers;
import dev.cracadapters.hikari.borrow.Loan;
import dev.cracadapters.hikari.pool.PoolAccess;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One pool's way down to no connection at all; {@link PoolRest} keeps it there. */
public final class PoolDrain {

  /**
   * How long the closing may take: HikariCP pauses up to 5 s between attempts to open a connection.
   */
  private static final Duration CLOSING = Duration.ofSeconds(8);

  /** Who has got a connection at the last moment may need another one, too, if he has it longer. */
  private static final Duration SOON = Duration.ofMillis(100);

  private final HikariPool pool;
  private final PoolAccess access;
  private final HikariSettings settings;
  private final Duration drainTimeout;
  private final PoolRest rest;
  private @Nullable LoanAbort abort;

  public PoolDrain(HikariPool pool, PoolAccess access, HikariSettings settings) {
    this.pool = pool;
    this.access = access;
    this.settings = settings;
    this.drainTimeout = settings.drainTimeout();
    this.rest = new PoolRest(pool, access);
  }

  /**
   * Returns when the pools of the group have no connection, this process no socket, and the servers
   * no session of them; or when another pool of the group has failed, wherever this one is then.
   *
   * @param member whom the group expects
   */
  public void down(DrainGroup group, Object member) throws RefusedException, InterruptedException {
    DrainPart part = new DrainPart();
    rest.closeGate(settings.trackBorrowers());
    group.joins(member, part);
    PoolClosing closing = new PoolClosing(pool, access, CLOSING);
    while (awaitGivenBack(group, part, closing)) {
      rest.park();
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
      rest.unpark();
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
    rest.park();
    closing.remember();
    abort = new LoanAbort(pool, access, rest.ledger());
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
            + Borrowers.in(rest.ledger().loans())
            + '\n',
        "Raise spring.crac.hikari.drain-timeout or finish the work");
  }

  /** Evicts until none is left, or a caller needs one or keeps one, or all is off. */
  private void evictAll(DrainGroup group, DrainPart part, PoolClosing closing, Deadline limit)
      throws RefusedException, InterruptedException {
    Deadline soon = Deadline.after(SOON);
    boolean empty =
        limit.await(
            () -> {
              // In this order: once the adder is held nothing is added any more.
              boolean held = rest.isAdderHeld();
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

  /** True when the way down came to its end: no connection, and none is being opened. */
  public boolean isDrained() {
    return rest.isDrained();
  }

  /** Resumes, wherever the way down ended. Doing it again does no harm. */
  public void up(Warming warming) {
    rest.up(warming);
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
      return !(rest.gate().isPassed() && !patience.hasPassed())
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
      return rest.ledger().loans().stream()
          .map(Loan::borrower)
          .filter(Objects::nonNull)
          .collect(Collectors.toSet());
    }

    @Override
    public void letThrough(Set<Thread> threads) {
      rest.gate().letThrough(threads);
    }

    @Override
    public void letWaitingThrough() {
      rest.gate().letWaitingThrough();
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
