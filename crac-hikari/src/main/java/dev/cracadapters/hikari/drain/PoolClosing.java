/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import com.zaxxer.hikari.pool.HikariPool;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.Drain;
import dev.cracadapters.core.support.JdbcUrl;
import dev.cracadapters.hikari.pool.PoolAccess;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Tells when the connections that a pool has let go of are closed: a pool forgets a connection
 * before it closes it, in whatever thread it is, and the server ends its session later still.
 */
final class PoolClosing {

  private final HikariPool pool;
  private final PoolAccess access;
  private final Duration limit;
  private final ServerCloses sockets = new ServerCloses();
  private final Set<Connection> connections = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Set<String> servers;

  PoolClosing(HikariPool pool, PoolAccess access, Duration limit) {
    this.pool = pool;
    this.access = access;
    this.limit = limit;
    remember();
    // Emptied by someone else a moment ago: Spring Boot evicts the connections of a suspended pool.
    servers =
        pool.getTotalConnections() == 0
            ? JdbcUrl.of(pool.config.getJdbcUrl()).addresses()
            : Set.of();
  }

  /** Takes down the sockets and connections that are open now. */
  void remember() {
    sockets.remember();
    rememberConnections();
  }

  void rememberConnections() {
    connections.addAll(access.connections(pool));
  }

  /** Returns when nothing is left of what was remembered, or all is off. */
  void await(DrainGroup group, DrainGroup.Part part, Deadline closing)
      throws RefusedException, InterruptedException {
    if (pool.config.getScheduledExecutor() == null) {
      // What the pool runs there by the clock; an executor of the user's has other things to do.
      awaitSubmitted(access.housekeeper(pool), closing);
    }
    // From here on each is closed, or its closing has begun in the pool's closer.
    if (!closing.await(
        () -> group.isOff() || connections.stream().allMatch(PoolClosing::isClosed))) {
      throw busy(null);
    }
    awaitSubmitted(access.closer(pool), closing);
    awaitServers(group, part, closing);
  }

  static boolean isClosed(Connection connection) {
    try {
      return connection.isClosed();
    } catch (SQLException | RuntimeException e) {
      // No connection that could be used.
      return true;
    }
  }

  /**
   * Waits until a pool's executor, which has one thread, has run all that it was given. Its own
   * counts do not show it: a task that was just taken from the queue is in none of them.
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

  RefusedException busy(@Nullable Exception reason) {
    String cause = "its connections are still being closed after " + Drain.seconds(limit);
    return DrainState.unanswered(pool.toString(), cause, reason);
  }

  private void awaitServers(DrainGroup group, DrainGroup.Part part, Deadline closing)
      throws RefusedException, InterruptedException {
    ServerCloses.Pending pending = sockets.pending(servers);
    if (closing.await(() -> group.isOff() || pending.isOver())) {
      return;
    }
    // A neighbour that is closed at the same time speaks for itself.
    pending.forget(group.serversOfOthersThan(part));
    if (pending.count() > 0) {
      throw DrainState.unanswered(
          pool.toString(),
          "the server has not ended %s after %s (%s)"
              .formatted(
                  pending.count() == 1 ? "1 session" : pending.count() + " sessions",
                  Drain.seconds(limit),
                  pending.servers()),
          null);
    }
  }
}
