/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.borrow;

import com.zaxxer.hikari.util.ConcurrentBag.IConcurrentBagEntry;
import dev.cracadapters.core.support.Unfinished;
import java.time.Duration;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * A connection that is borrowed.
 *
 * @param entry what the pool knows it by
 * @param borrower the thread that asked for it; null if that was before loans were noted
 * @param since a reading of {@code System.nanoTime} at most about a second before it was borrowed
 */
public record Loan(IConcurrentBagEntry entry, @Nullable Thread borrower, long since) {

  static final Comparator<Loan> OLDEST_FIRST =
      Comparator.comparing((Loan loan) -> loan.borrower == null)
          .thenComparing((one, other) -> Long.signum(one.since - other.since));

  /** What it is in a message: {@code borrowed by thread "worker-1" for 12 s (since 14:03:07)}. */
  public Unfinished unfinished() {
    return borrower == null
        ? new Unfinished("borrowed by a thread that was not noted")
        : new Unfinished(
            "borrowed", borrower, Duration.ofNanos(Math.max(0, System.nanoTime() - since)));
  }
}
