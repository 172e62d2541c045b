/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.borrow;

import com.zaxxer.hikari.pool.HikariPool;
import com.zaxxer.hikari.util.ConcurrentBag;
import com.zaxxer.hikari.util.ConcurrentBag.IConcurrentBagEntry;
import dev.cracadapters.hikari.pool.PoolAccess;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A pool's connections, with a note of who has borrowed each, and since when. It stands in the
 * place of the pool's own bag and works on the same lists and queues, so that it can be put there
 * while threads are inside of the other one.
 *
 * <p>A caller whose time-out passes in here gets the time back in which the pool was down.
 */
public final class BorrowLedger extends ConcurrentBag<IConcurrentBagEntry> {

  /** HikariCP's bag takes less for no time. */
  private static final long LEAST_WAIT_NANOS = 10_000;

  private final HikariPool pool;
  private final PoolAccess access;
  private final ConcurrentBag<?> replaced;
  private final LoanNotes notes = new LoanNotes();
  private final Downtimes downtimes = new Downtimes();
  private final AtomicInteger waitingForEnd = new AtomicInteger();
  private boolean isKept;

  private BorrowLedger(HikariPool pool, PoolAccess access, ConcurrentBag<?> replaced) {
    super(pool);
    this.pool = pool;
    this.access = access;
    this.replaced = replaced;
  }

  /**
   * A pool's ledger, which is put there if there is none.
   *
   * @param keep whether it stays there, which then holds for good
   * @throws IllegalStateException if this JVM does not allow the change of a final field
   */
  public static BorrowLedger of(HikariPool pool, PoolAccess access, boolean keep) {
    synchronized (BorrowLedger.class) {
      ConcurrentBag<?> bag = access.bag(pool);
      BorrowLedger ledger =
          bag instanceof BorrowLedger there ? there : new BorrowLedger(pool, access, bag);
      if (ledger != bag) {
        access.shareBag(bag, ledger);
        access.bag(pool, ledger);
        if (access.isClosed(bag)) {
          ledger.close();
        }
      }
      ledger.isKept |= keep;
      return ledger;
    }
  }

  /** Gives the pool its own bag back, unless all borrowers are to be noted. */
  public void removeUnlessKept() {
    synchronized (BorrowLedger.class) {
      if (!isKept && access.bag(pool) == this) {
        access.bag(pool, replaced);
      }
    }
  }

  public Downtimes downtimes() {
    return downtimes;
  }

  @Override
  public @Nullable IConcurrentBagEntry borrow(long timeout, TimeUnit unit)
      throws InterruptedException {
    IConcurrentBagEntry entry = super.borrow(timeout, unit);
    if (entry == null) {
      entry = borrowAgain(unit.toNanos(timeout));
    }
    if (entry != null) {
      note(entry);
    }
    return entry;
  }

  private void note(IConcurrentBagEntry entry) {
    LoanNotes.Note note = notes.of(entry);
    if (note == null) {
      note = notes.added(entry);
      if (entry.getState() == IConcurrentBagEntry.STATE_REMOVED) {
        // By someone else than the borrower, who was there between the loan and its note.
        notes.remove(entry);
      }
    }
    note.write(Thread.currentThread(), BorrowClock.now());
  }

  /** Goes on for a caller whose time is out, if some of it does not count. */
  private @Nullable IConcurrentBagEntry borrowAgain(long timeout) throws InterruptedException {
    long left = timeout;
    // No clock was read when it came.
    long begun = System.nanoTime() - timeout;
    while (true) {
      long now = System.nanoTime();
      left -= Math.max(0, now - begun - downtimes.within(begun, now));
      if (left < LEAST_WAIT_NANOS) {
        return null;
      }
      waitingForEnd.incrementAndGet();
      try {
        downtimes.awaitEnd();
      } finally {
        waitingForEnd.decrementAndGet();
      }
      begun = System.nanoTime();
      IConcurrentBagEntry entry = super.borrow(left, TimeUnit.NANOSECONDS);
      if (entry != null && !access.isEvicted(entry)) {
        return entry;
      }
      if (entry != null) {
        // HikariCP would ask for another one in the time that its own clock leaves.
        access.evict(entry);
      }
    }
  }

  @Override
  public void requite(IConcurrentBagEntry entry) {
    // One that was aborted is not to come back, which HikariCP 5 would let it.
    if (entry.getState() != IConcurrentBagEntry.STATE_REMOVED) {
      super.requite(entry);
    }
  }

  @Override
  public boolean remove(IConcurrentBagEntry entry) {
    if (entry.getState() == IConcurrentBagEntry.STATE_REMOVED) {
      // Aborted, and now closed by its borrower, too: nothing for HikariCP to warn of.
      return false;
    }
    boolean removed = super.remove(entry);
    notes.remove(entry);
    return removed;
  }

  /** The callers inside, also those who wait for the pool to come up. */
  @Override
  public int getWaitingThreadCount() {
    return super.getWaitingThreadCount() + waitingForEnd.get();
  }

  @Override
  public void close() {
    replaced.close();
    super.close();
    // Nobody is served any more: the callers inside may run into their time-outs.
    downtimes.end();
  }

  /** The connections that are borrowed, the longest first, those of unknown borrowers last. */
  public List<Loan> loans() {
    List<Loan> loans = new ArrayList<>();
    for (IConcurrentBagEntry entry : values(IConcurrentBagEntry.STATE_IN_USE)) {
      LoanNotes.Note note = notes.of(entry);
      loans.add(
          note == null ? new Loan(entry, null, 0) : new Loan(entry, note.borrower, note.since));
    }
    loans.sort(Loan.OLDEST_FIRST);
    return loans;
  }

  /** The connections with a note, as many as the pool has at most. */
  int notes() {
    return notes.size();
  }
}
