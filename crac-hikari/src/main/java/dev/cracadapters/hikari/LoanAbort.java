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
    for (Loan loan : loans) {
      access.markEvicted(loan.entry());
      // Now, while the borrower is where he is.
      LOG.warn("{}: aborting the connection {}{}", pool, loan.who(), loan.what());
    }
    // Not one for both, so that the cancellations can be told from what aborts.
    ExecutorService cancels = Executors.newCachedThreadPool(threads("crac-hikari cancel"));
    ExecutorService aborts = Executors.newCachedThreadPool(threads("crac-hikari abort"));
    try {
      List<Future<?>> running = new ArrayList<>();
      for (Loan loan : loans) {
        // One right after the other, before the borrower begins something else.
        running.add(
            aborts.submit(
                () -> {
                  cancel(loan.entry(), cancels);
                  abort(loan.entry(), aborts);
                  return true;
                }));
      }
      return areDone(running, deadline)
          // By now the drivers have given it all that they want to have run.
          && isEmpty(cancels, deadline)
          && isEmpty(aborts, deadline);
    } finally {
      cancels.shutdownNow();
      aborts.shutdownNow();
    }
  }

  private boolean areDone(List<Future<?>> running, Deadline deadline) throws InterruptedException {
    for (Future<?> one : running) {
      try {
        one.get(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
      } catch (ExecutionException | TimeoutException e) {
        LOG.debug("{}: a connection cannot be aborted", pool, e);
        return false;
      }
    }
    return true;
  }

  private static boolean isEmpty(ExecutorService executor, Deadline deadline)
      throws InterruptedException {
    executor.shutdown();
    return executor.awaitTermination(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
  }

  private void cancel(IConcurrentBagEntry entry, ExecutorService cancels)
      throws InterruptedException {
    try {
      cancels.submit(() -> cancel(entry)).get(CANCELLING.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException | TimeoutException e) {
      LOG.debug("{}: a statement is not cancelled", pool, e);
    }
  }

  private void cancel(IConcurrentBagEntry entry) {
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

  private void abort(IConcurrentBagEntry entry, ExecutorService aborts) throws SQLException {
    if (entry.getState() != IConcurrentBagEntry.STATE_IN_USE) {
      return;
    }
    Connection connection = access.close(entry);
    if (connection == null) {
      return;
    }
    try {
      connection.abort(aborts);
    } catch (SQLException | RuntimeException | AbstractMethodError e) {
      LOG.debug("{}: a connection cannot be aborted, but perhaps closed", pool, e);
      connection.close();
    } finally {
      ledger.remove(entry);
    }
  }

  private static ThreadFactory threads(String name) {
    return task -> {
      Thread thread = new Thread(task, name);
      thread.setDaemon(true);
      return thread;
    };
  }
}
