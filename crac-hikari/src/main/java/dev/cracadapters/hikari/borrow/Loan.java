/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.borrow;

import com.zaxxer.hikari.util.ConcurrentBag.IConcurrentBagEntry;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * A connection that is borrowed.
 *
 * @param entry what the pool knows it by
 * @param borrower the thread that asked for it; null if it did so before anybody took notes
 * @param since a reading of {@code System.nanoTime} at most about a second before it was borrowed
 */
public record Loan(IConcurrentBagEntry entry, @Nullable Thread borrower, long since) {

  static final Comparator<Loan> OLDEST_FIRST =
      Comparator.comparing((Loan loan) -> loan.borrower == null)
          .thenComparing((one, other) -> Long.signum(one.since - other.since));

  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");
  private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");

  /** Such as {@code borrowed by thread "worker-1" for 12 s (since 14:03:07)}. */
  public String who() {
    if (borrower == null) {
      return "borrowed by a thread that was not noted";
    }
    Duration age = Duration.ofNanos(Math.max(0, System.nanoTime() - since));
    LocalDateTime now = LocalDateTime.now();
    LocalDateTime begin = now.minus(age);
    boolean today = begin.toLocalDate().equals(now.toLocalDate());
    return "borrowed by %s for %d s (since %s)"
        .formatted(name(borrower), age.toSeconds(), (today ? TIME : DATE).format(begin));
  }

  /** What the borrower does now, to follow {@link #who}: its stack, in lines. */
  public String what() {
    if (borrower == null) {
      return "";
    }
    StackTraceElement[] stack = borrower.getStackTrace();
    if (stack.length == 0 && !borrower.isAlive()) {
      return ", which has ended without giving it back";
    }
    StringBuilder lines = new StringBuilder(", which is now");
    for (StackTraceElement element : stack) {
      lines.append("\n\tat ").append(frame(element));
    }
    return stack.length == 0 ? "" : lines.toString();
  }

  /** A frame without its class loader and module, which the stack of a live thread tells. */
  static StackTraceElement frame(StackTraceElement frame) {
    return new StackTraceElement(
        frame.getClassName(), frame.getMethodName(), frame.getFileName(), frame.getLineNumber());
  }

  private static String name(Thread thread) {
    // A virtual thread has no name unless it is given one.
    return thread.getName().isEmpty()
        ? "thread " + thread.toString().replaceFirst("/.*", "")
        : "thread \"" + thread.getName() + '"';
  }
}
