/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.borrow;

import com.zaxxer.hikari.util.ConcurrentBag.IConcurrentBagEntry;
import dev.cracadapters.core.support.ThreadStacks;
import dev.cracadapters.core.support.Unfinished;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A connection that is borrowed.
 *
 * @param entry what the pool knows it by
 * @param borrower the thread that asked for it; null if that was before loans were noted
 * @param since a reading of {@code System.nanoTime} at most about a second before it was borrowed
 */
public record Loan(IConcurrentBagEntry entry, @Nullable Thread borrower, long since) {

  private static final int MAX_SUSPECTS = 3;

  static final Comparator<Loan> OLDEST_FIRST =
      Comparator.comparing((Loan loan) -> loan.borrower == null)
          .thenComparing((one, other) -> Long.signum(one.since - other.since));

  /**
   * What it is in a message: {@code borrowed by thread "worker-1" for 12 s (since 14:03:07)}. Where
   * the borrower was not noted, with those who might be it.
   */
  public Unfinished unfinished() {
    return borrower == null
        ? new Unfinished("borrowed by a thread that was not noted" + suspects())
        : new Unfinished(
            "borrowed", borrower, Duration.ofNanos(Math.max(0, System.nanoTime() - since)));
  }

  /**
   * The threads that are inside a call to a connection. One that computes while it holds a
   * connection is not seen, nor is a virtual one; and where there are several pools the thread may
   * use another.
   */
  private static String suspects() {
    List<String> seen = new ArrayList<>();
    Thread.getAllStackTraces()
        .forEach(
            (thread, stack) ->
                Stream.of(stack)
                    .dropWhile(frame -> !isProxy(frame))
                    .dropWhile(Loan::isProxy)
                    .map(caller -> ", which is in a call " + ThreadStacks.describe(caller).strip())
                    .findFirst()
                    .ifPresent(call -> seen.add(Unfinished.describe(thread) + call)));
    if (seen.isEmpty()) {
      return "";
    }
    String named = seen.stream().sorted().limit(MAX_SUSPECTS).collect(Collectors.joining(", "));
    int more = seen.size() - MAX_SUSPECTS;
    return ", perhaps " + named + (more > 0 ? " and " + more + " more" : "");
  }

  private static boolean isProxy(StackTraceElement frame) {
    return frame.getClassName().startsWith("com.zaxxer.hikari.pool.Proxy")
        || frame.getClassName().startsWith("com.zaxxer.hikari.pool.HikariProxy");
  }
}
