/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import com.zaxxer.hikari.pool.HikariPool;
import com.zaxxer.hikari.util.ConcurrentBag.IConcurrentBagEntry;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.hikari.borrow.BorrowLedger;
import dev.cracadapters.hikari.borrow.Loan;
import dev.cracadapters.hikari.pool.PoolAccess;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes connections away from their borrowers. What runs on them is cancelled first, for a server
 * that computes does not notice that its client is gone. Then they are aborted, as HikariCP does it
 * when a pool is closed.
 *
 * <p>A borrower may give his connection back at any time meanwhile. It is marked as evicted before
 * all else, so that it is closed wherever it goes then, and not borrowed again.
 */
final class LoanAbort {

  private static final Logger LOG = LoggerFactory.getLogger(LoanAbort.class);

  /** How long all may take that comes before the abort: drivers reach the server for it. */
  private static final Duration CANCELLING = Duration.ofSeconds(4);

  /** How many seconds a server may take to answer, once it has nothing to do. */
  private static final int ANSWERING = 1;

  /** A borrower is between two of many statements at one time, but hardly each time. */
  private static final int ROUNDS = 5;

  private static final Duration ROUND = Duration.ofMillis(100);

  private static final Duration CLOSING_IN_ORDER = Duration.ofSeconds(1);

  private final HikariPool pool;
  private final PoolAccess access;
  private final BorrowLedger ledger;
  private ServerCloses.@Nullable Watched watched;

  LoanAbort(HikariPool pool, PoolAccess access, BorrowLedger ledger) {
    this.pool = pool;
    this.access = access;
    this.ledger = ledger;
  }

  /**
   * Aborts all connections that are borrowed.
   *
   * @return false if a driver is not done with it by the deadline
   */
  boolean isDoneBefore(Deadline deadline) throws InterruptedException {
    List<Loan> loans = ledger.loans();
    List<@Nullable Connection> connections =
        loans.stream().<@Nullable Connection>map(loan -> access.connection(loan.entry())).toList();
    for (Loan loan : loans) {
      access.markEvicted(loan.entry());
      // Now, while the borrower is where he is.
      LOG.warn("{}: aborting the connection {}{}", pool, loan.who(), loan.what());
    }
    ExecutorService cancels = Executors.newCachedThreadPool(threads("crac-hikari cancel"));
    ExecutorService aborts = Executors.newCachedThreadPool(threads("crac-hikari abort"));
    try {
      List<Future<?>> cancelling = new ArrayList<>();
      for (Loan loan : loans) {
        cancelling.add(cancels.submit(() -> cancel(loan.entry())));
      }
      long limit = Math.min(CANCELLING.toNanos(), deadline.remainingNanos() / 2);
      if (!areDone(cancelling, Deadline.after(Duration.ofNanos(limit)))) {
        LOG.debug("{}: a connection has not come to rest", pool);
      }
      awaitClosed(loans, connections, Deadline.after(CLOSING_IN_ORDER));
      ServerCloses.Watched closes = ServerCloses.watch(JdbcServers.of(pool.config.getJdbcUrl()));
      List<Future<?>> aborting = new ArrayList<>();
      for (Loan loan : loans) {
        aborting.add(aborts.submit(() -> abort(loan.entry(), aborts)));
      }
      boolean done =
          areDone(aborting, deadline)
              // By now the drivers have given it all that they want to have run.
              && isEmpty(aborts, deadline)
              && isEmpty(cancels, deadline);
      closes.keepClosed();
      watched = closes;
      return done;
    } finally {
      cancels.shutdownNow();
      aborts.shutdownNow();
    }
  }

  /**
   * Waits for the connections that their borrowers have given back: they are closed in order, in
   * the pool's closer. Where the server is the first to close, that looks like a reset.
   */
  private void awaitClosed(
      List<Loan> loans, List<@Nullable Connection> connections, Deadline deadline)
      throws InterruptedException {
    for (int i = 0; i < loans.size(); i++) {
      Connection connection = connections.get(i);
      if (connection != null && !isBorrowed(loans.get(i).entry())) {
        deadline.await(() -> PoolClosing.isClosed(connection));
      }
    }
    areDone(List.of(access.closer(pool).submit(() -> {})), deadline);
  }

  /**
   * Whether the server may still be at what a borrower had begun when his connection was cut. Asked
   * when all is closed.
   */
  boolean isAnyReset() {
    return watched != null && watched.isAnyReset();
  }

  private boolean areDone(List<Future<?>> running, Deadline deadline) throws InterruptedException {
    boolean done = true;
    for (Future<?> one : running) {
      try {
        one.get(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
      } catch (ExecutionException | TimeoutException e) {
        LOG.debug("{}: a connection cannot be cancelled or aborted", pool, e);
        done = false;
      }
    }
    return done;
  }

  private static boolean isEmpty(ExecutorService executor, Deadline deadline)
      throws InterruptedException {
    executor.shutdown();
    return executor.awaitTermination(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
  }

  private @Nullable Void cancel(IConcurrentBagEntry entry)
      throws SQLException, InterruptedException {
    for (int round = 0; round < ROUNDS; round++) {
      cancelStatements(entry);
      // Who is told by an exception mostly gives the connection back, which ends the session in
      // order.
      if (Deadline.after(ROUND).await(() -> !isBorrowed(entry))) {
        return null;
      }
    }
    Connection connection = access.connection(entry);
    if (connection != null) {
      // Until the server has answered, to the cancelled statement first. What arrives after the
      // connection was cut makes the kernel reset it, and forget it: nobody would see then when the
      // server ends the session.
      boolean answers = connection.isValid(ANSWERING);
      LOG.debug("{}: the server {}", pool, answers ? "answers" : "does not answer");
    }
    return null;
  }

  private static boolean isBorrowed(IConcurrentBagEntry entry) {
    return entry.getState() == IConcurrentBagEntry.STATE_IN_USE;
  }

  private void cancelStatements(IConcurrentBagEntry entry) {
    List<?> statements = access.statements(entry);
    // The list belongs to the borrower, who may be at it.
    for (int i = 0; i < statements.size(); i++) {
      try {
        if (statements.get(i) instanceof Statement statement) {
          statement.cancel();
        }
      } catch (SQLException | RuntimeException e) {
        LOG.debug("{}: a statement cannot be cancelled", pool, e);
      }
    }
  }

  private @Nullable Void abort(IConcurrentBagEntry entry, ExecutorService aborts)
      throws SQLException {
    if (!isBorrowed(entry)) {
      return null;
    }
    // HikariCP's own way takes the connection out of the entry, at which a borrower's close() would
    // fail with a NullPointerException.
    Connection connection = access.connection(entry);
    if (connection == null) {
      return null;
    }
    access.unschedule(entry);
    try {
      connection.abort(aborts);
    } catch (SQLException | RuntimeException | AbstractMethodError e) {
      LOG.debug("{}: a connection cannot be aborted, but perhaps closed", pool, e);
      connection.close();
    } finally {
      ledger.remove(entry);
    }
    return null;
  }

  private static ThreadFactory threads(String name) {
    return task -> {
      Thread thread = new Thread(task, name);
      thread.setDaemon(true);
      return thread;
    };
  }
}
