/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import com.zaxxer.hikari.pool.HikariPool;
import com.zaxxer.hikari.util.SuspendResumeLock;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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

  private static final Duration ADDER_AT_REST = Duration.ofSeconds(1);

  private final HikariPool pool;
  private final PoolAccess access;
  private final Duration drainTimeout;
  private final CheckpointGate gate;
  private boolean ended;

  PoolDrain(HikariPool pool, PoolAccess access, Duration drainTimeout) {
    this.pool = pool;
    this.access = access;
    this.drainTimeout = drainTimeout;
    this.gate = new CheckpointGate(access.lock(pool), pool.toString());
  }

  /** Returns when the pool has no connection, this process no socket, and the server no session. */
  void down() throws RefusedException, InterruptedException {
    Deadline drain = Deadline.after(drainTimeout);
    // A caller who waits inside of the pool is waited for while there is hope for a connection.
    Deadline patience = Deadline.after(drainTimeout.dividedBy(2));
    closeGate();
    ServerCloses closes = new ServerCloses();
    closes.remember();
    // Emptied by someone else a moment ago: Spring Boot evicts the connections of a suspended pool.
    boolean emptied = pool.getTotalConnections() == 0;
    Set<String> servers = emptied ? JdbcServers.of(pool.config.getJdbcUrl()) : Set.of();
    while (true) {
      awaitGivenBack(drain, patience);
      park();
      closes.remember();
      if (closeAll(closes, servers, patience)) {
        return;
      }
      unpark();
    }
  }

  /**
   * Returns when nothing is left. False if a caller needs a connection first who was past the
   * gate's place just before it was put there. One who sits between the lock and the pool's inside
   * for longer than all this takes is not seen: he waits inside, and is served after the restore.
   */
  private boolean closeAll(ServerCloses closes, Set<String> servers, Deadline patience)
      throws RefusedException, InterruptedException {
    Deadline closing = Deadline.after(CLOSING);
    evictAll(patience, closing);
    if (isNeeded(patience)) {
      return false;
    }
    if (pool.config.getScheduledExecutor() == null) {
      // Validation and the closing of idle connections, unless the user's own executor runs them.
      awaitSubmitted(access.housekeeper(pool), closing);
    }
    awaitSubmitted(access.closer(pool), closing);
    awaitServers(closes.pending(servers), closing);
    return !isNeeded(patience);
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
      // A drained pool's adder has nothing to do but to find that out.
      return Deadline.after(ADDER_AT_REST)
          .await(
              () ->
                  adder.getQueue().isEmpty()
                      && adder.getActiveCount() == 0
                      && pool.getTotalConnections() == 0);
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

  private void awaitGivenBack(Deadline drain, Deadline patience)
      throws RefusedException, InterruptedException {
    // Who holds a connection may need a second one to get done, and wait for it at the gate. So
    // those
    // who wait there are let through after a quarter and after half of the time, which is late
    // enough
    // for short transactions not to keep the pool busy by turns.
    for (int quarter = 1; quarter <= 2; quarter++) {
      long nanos = Math.min(drain.remainingNanos(), drainTimeout.toNanos() / 4);
      if (Deadline.after(Duration.ofNanos(nanos)).await(() -> isGivenBack(patience))) {
        return;
      }
      gate.letWaitingThrough();
    }
    if (!drain.await(() -> isGivenBack(patience))) {
      throw borrowed();
    }
  }

  private boolean isGivenBack(Deadline patience) {
    // In this order: who stops waiting has borrowed by then.
    return (pool.getThreadsAwaitingConnection() == 0 || patience.hasPassed())
        && pool.getActiveConnections() == 0;
  }

  private RefusedException borrowed() {
    int borrowed = pool.getActiveConnections();
    String who = Borrowers.seen();
    return new RefusedException(
        pool.toString(),
        (borrowed == 1 ? "1 connection is" : borrowed + " connections are")
            + " still borrowed after "
            + inSeconds(drainTimeout)
            + (who.isEmpty() ? "" : " (" + who + ")"),
        "Raise spring.crac.hikari.drain-timeout or finish the work");
  }

  private synchronized void park() throws RefusedException {
    refuseIfEnded();
    // A pool that the user has suspended is left so, now and after the restore.
    access.changeState(pool, HikariPool.POOL_NORMAL, PARKED);
  }

  private synchronized void unpark() {
    if (!ended && access.changeState(pool, PARKED, HikariPool.POOL_NORMAL)) {
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

  /** Evicts until none is left, or a caller needs one. */
  private void evictAll(Deadline patience, Deadline closing)
      throws RefusedException, InterruptedException {
    ThreadPoolExecutor adder = access.adder(pool);
    boolean empty =
        closing.await(
            () -> {
              // In this order: once parked, an adder that is at rest adds nothing any more.
              boolean atRest = adder.getActiveCount() == 0;
              pool.softEvictConnections();
              return isNeeded(patience) || (atRest && pool.getTotalConnections() == 0);
            });
    if (!empty && pool.getActiveConnections() > 0) {
      throw borrowed();
    }
    if (!empty) {
      throw new RefusedException(
          pool.toString(),
          pool.getTotalConnections() == 0
              ? "a connection is still being opened"
              : pool.getTotalConnections() + " connections cannot be closed",
          "See whether the database answers, and take the checkpoint again");
    }
  }

  private boolean isNeeded(Deadline patience) {
    return pool.getThreadsAwaitingConnection() > 0 && !patience.hasPassed();
  }

  /**
   * Waits until a pool's executor, which has one thread, has run all that it was given. Its own
   * counts do not tell: a task that was just taken from the queue is in none of them.
   */
  private void awaitSubmitted(ExecutorService executor, Deadline closing)
      throws RefusedException, InterruptedException {
    @Nullable Thread ran = null;
    do {
      if (executor.isShutdown()) {
        if (!executor.awaitTermination(closing.remainingNanos(), TimeUnit.NANOSECONDS)) {
          throw busy(null);
        }
        return;
      }
      FutureTask<Thread> mark = new FutureTask<>(Thread::currentThread);
      executor.execute(mark);
      try {
        ran = mark.get(closing.remainingNanos(), TimeUnit.NANOSECONDS);
      } catch (ExecutionException | TimeoutException e) {
        throw busy(e);
      }
      // The closer runs a task in its caller's thread when its queue is full: ahead of the others.
    } while (ran == Thread.currentThread());
  }

  private RefusedException busy(@Nullable Exception reason) {
    return new RefusedException(
        pool.toString(),
        "its connections are still being closed after " + inSeconds(CLOSING),
        "See whether the database answers, and take the checkpoint again",
        reason);
  }

  private void awaitServers(ServerCloses.Pending pending, Deadline closing)
      throws RefusedException, InterruptedException {
    if (!closing.await(pending::isOver)) {
      throw new RefusedException(
          pool.toString(),
          "the server has not ended %s after %s (%s)"
              .formatted(
                  pending.count() == 1 ? "1 session" : pending.count() + " sessions",
                  inSeconds(CLOSING),
                  pending.servers()),
          "See whether the database answers, and take the checkpoint again");
    }
  }

  private static String inSeconds(Duration duration) {
    return duration.toMillis() % 1000 == 0
        ? duration.toSeconds() + " s"
        : duration.toMillis() + " ms";
  }
}
