/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import com.zaxxer.hikari.pool.HikariPool;
import com.zaxxer.hikari.util.ConcurrentBag.IConcurrentBagEntry;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.support.JdbcUrl;
import dev.cracadapters.core.support.Unfinished;
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
 * <p>A borrower may give its connection back at any time meanwhile. It is marked as evicted before
 * all else, so that it is closed wherever it goes then, and not borrowed again.
 */
final class LoanAbort {

  private static final Logger LOG = LoggerFactory.getLogger(LoanAbort.class);

  /** For all that comes before the abort: drivers reach the server for it. */
  private static final Duration CANCEL_LIMIT = Duration.ofSeconds(4);

  /** How long a server may take to answer, once it has nothing to do. */
  private static final int ANSWER_LIMIT_SECONDS = 1;

  /** A borrower is between two of many statements at one time, but hardly each time. */
  private static final int CANCEL_ROUNDS = 5;

  private static final Duration CANCEL_ROUND = Duration.ofMillis(100);

  private static final Duration ORDERLY_CLOSE_LIMIT = Duration.ofSeconds(1);

  private final HikariPool pool;
  private final PoolAccess access;
  private final BorrowLedger ledger;
  private ServerCloses.@Nullable Watched watched;

  LoanAbort(HikariPool pool, PoolAccess access, BorrowLedger ledger) {
    this.pool = pool;
    this.access = access;
    this.ledger = ledger;
  }

  /** Aborts all that are borrowed; false if a driver is not done with it by the deadline. */
  boolean abortAll(Deadline deadline) throws InterruptedException {
    List<Loan> loans = ledger.loans();
    List<@Nullable Connection> connections =
        loans.stream().<@Nullable Connection>map(loan -> access.connection(loan.entry())).toList();
    for (Loan loan : loans) {
      access.markEvicted(loan.entry());
      // Now, while the borrower is where it is.
      Unfinished loaned = loan.unfinished();
      LOG.warn("{}: aborting the connection {}{}", pool, loaned.describe(), loaned.activity());
    }
    ExecutorService threads = Executors.newCachedThreadPool(LoanAbort::thread);
    try {
      List<Future<?>> cancelling = new ArrayList<>();
      for (Loan loan : loans) {
        cancelling.add(threads.submit(() -> cancel(loan.entry())));
      }
      long limit = Math.min(CANCEL_LIMIT.toNanos(), deadline.remainingNanos() / 2);
      if (!awaitAll(cancelling, Deadline.after(Duration.ofNanos(limit)))) {
        LOG.debug("{}: a connection has not come to rest", pool);
      }
      awaitClosed(loans, connections, Deadline.after(ORDERLY_CLOSE_LIMIT));
      ServerCloses.Watched closes =
          ServerCloses.watch(JdbcUrl.of(pool.config.getJdbcUrl()).addresses());
      List<Future<?>> aborting = new ArrayList<>();
      for (Loan loan : loans) {
        aborting.add(threads.submit(() -> abort(loan.entry(), threads)));
      }
      boolean done = awaitAll(aborting, deadline);
      threads.shutdown(); // by now the drivers have given it all that they want to have run
      done = done && threads.awaitTermination(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
      closes.keepClosed();
      watched = closes;
      return done;
    } finally {
      threads.shutdownNow();
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
    awaitAll(List.of(access.closer(pool).submit(() -> {})), deadline);
  }

  /** Whether the server may still be at what a borrower had begun; asked when all is closed. */
  boolean isAnyReset() {
    return watched != null && watched.isAnyReset();
  }

  private boolean awaitAll(List<Future<?>> running, Deadline deadline) throws InterruptedException {
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

  private @Nullable Void cancel(IConcurrentBagEntry entry)
      throws SQLException, InterruptedException {
    for (int round = 0; round < CANCEL_ROUNDS; round++) {
      cancelStatements(entry);
      // A borrower that gets an exception mostly gives the connection back, which ends the session
      // in order.
      if (Deadline.after(CANCEL_ROUND).await(() -> !isBorrowed(entry))) {
        return null;
      }
    }
    Connection connection = access.connection(entry);
    if (connection != null) {
      // Until the server has answered, to the cancelled statement first. What arrives after the
      // connection was cut makes the kernel reset it, and forget it: nobody would see then when the
      // server ends the session.
      boolean answers = connection.isValid(ANSWER_LIMIT_SECONDS);
      LOG.debug("{}: the server {}", pool, answers ? "answers" : "does not answer");
    }
    return null;
  }

  private static boolean isBorrowed(IConcurrentBagEntry entry) {
    return entry.getState() == IConcurrentBagEntry.STATE_IN_USE;
  }

  private void cancelStatements(IConcurrentBagEntry entry) {
    List<?> statements = access.statements(entry);
    // The list belongs to the borrower, which may be changing it.
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

  private @Nullable Void abort(IConcurrentBagEntry entry, ExecutorService threads)
      throws SQLException {
    // HikariCP's own way takes the connection out of the entry, at which a borrower's close() would
    // fail with a NullPointerException.
    Connection connection = access.connection(entry);
    if (connection == null || !isBorrowed(entry)) {
      return null;
    }
    access.unschedule(entry);
    try {
      connection.abort(threads);
    } catch (SQLException | RuntimeException | AbstractMethodError e) {
      LOG.debug("{}: a connection cannot be aborted, but perhaps closed", pool, e);
      connection.close();
    } finally {
      ledger.remove(entry);
    }
    return null;
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "crac-hikari abort");
    thread.setDaemon(true);
    return thread;
  }
}
