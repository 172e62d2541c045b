/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import com.zaxxer.hikari.util.ConcurrentBag.IConcurrentBagEntry;
import dev.cracadapters.core.Deadline;
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

  /** How long drivers may take to reach the server with a cancellation. */
  private static final Duration CANCELLING = Duration.ofSeconds(4);

  private final String pool;
  private final PoolAccess access;
  private final BorrowLedger ledger;

  LoanAbort(String pool, PoolAccess access, BorrowLedger ledger) {
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
    List<String> borrowers = new ArrayList<>();
    for (Loan loan : loans) {
      access.markEvicted(loan.entry());
      borrowers.add(loan.who() + loan.what());
    }
    // Not one for both: an abort must not wait for a thread that a cancellation has.
    ExecutorService cancels = Executors.newCachedThreadPool(threads("crac-hikari cancel"));
    ExecutorService aborts = Executors.newCachedThreadPool(threads("crac-hikari abort"));
    try {
      for (Loan loan : loans) {
        cancels.execute(() -> cancel(loan.entry()));
      }
      cancels.shutdown();
      long limit = Math.min(CANCELLING.toNanos(), deadline.remainingNanos() / 2);
      if (!cancels.awaitTermination(limit, TimeUnit.NANOSECONDS)) {
        LOG.debug("{}: a statement is still being cancelled", pool);
      }
      return abort(loans, borrowers, aborts, deadline)
          && cancels.awaitTermination(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
    } finally {
      cancels.shutdownNow();
      aborts.shutdownNow();
    }
  }

  private void cancel(IConcurrentBagEntry entry) {
    List<?> statements = access.statements(entry);
    for (int i = 0; i < statements.size(); i++) {
      try {
        // The list belongs to the borrower, who may be at it.
        if (statements.get(i) instanceof Statement statement) {
          statement.cancel();
        }
      } catch (SQLException | RuntimeException e) {
        LOG.debug("{}: a statement cannot be cancelled", pool, e);
      }
    }
  }

  private boolean abort(
      List<Loan> loans, List<String> borrowers, ExecutorService aborts, Deadline deadline)
      throws InterruptedException {
    List<Future<?>> running = new ArrayList<>();
    for (int i = 0; i < loans.size(); i++) {
      IConcurrentBagEntry entry = loans.get(i).entry();
      boolean borrowed = entry.getState() == IConcurrentBagEntry.STATE_IN_USE;
      Connection connection = borrowed ? access.close(entry) : null;
      if (connection != null) {
        LOG.warn("{}: aborted the connection {}", pool, borrowers.get(i));
        running.add(aborts.submit(() -> abort(connection, aborts)));
        ledger.remove(entry);
      }
    }
    for (Future<?> aborting : running) {
      try {
        aborting.get(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
      } catch (ExecutionException | TimeoutException e) {
        LOG.debug("{}: a connection cannot be aborted", pool, e);
        return false;
      }
    }
    // By now the drivers have given it all that they want to have run.
    aborts.shutdown();
    return aborts.awaitTermination(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
  }

  private @Nullable Void abort(Connection connection, ExecutorService aborts) throws SQLException {
    try {
      connection.abort(aborts);
    } catch (SQLException | RuntimeException | AbstractMethodError e) {
      LOG.debug("{}: a connection cannot be aborted, but perhaps closed", pool, e);
      connection.close();
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
