/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.borrow;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who has connections, in words for a refusal. */
public final class Borrowers {

  private static final int MOST = 3;

  private Borrowers() {}

  /**
   * Some lines for a message, each with a line's end before it: who has borrowed each connection,
   * since when, and what he does now. For connections whose borrowers were not noted, those who
   * might be it.
   *
   * @param loans the connections, those of unknown borrowers last
   */
  public static String in(List<Loan> loans) {
    StringBuilder lines = new StringBuilder();
    Set<Thread> told = new HashSet<>();
    for (Loan loan : loans.subList(0, Math.min(MOST, loans.size()))) {
      lines.append('\n').append(loan.who());
      if (loan.borrower() == null) {
        lines.append(perhaps());
      } else {
        lines.append(told.add(loan.borrower()) ? loan.what() : ", as above");
      }
    }
    if (loans.size() > MOST) {
      lines.append("\nand ").append(loans.size() - MOST).append(" more");
    }
    return lines.toString();
  }

  /**
   * The threads that are inside a call to a connection. One that computes while it holds a
   * connection is not seen, nor is a virtual one; and where there are several pools the thread may
   * use another.
   */
  private static String perhaps() {
    List<String> seen = new ArrayList<>();
    for (Map.Entry<Thread, StackTraceElement[]> thread : Thread.getAllStackTraces().entrySet()) {
      StackTraceElement caller = callerOfConnection(thread.getValue());
      if (caller != null) {
        seen.add(
            "thread \"%s\", which is in a call at %s"
                .formatted(thread.getKey().getName(), Loan.frame(caller)));
      }
    }
    if (seen.isEmpty()) {
      return "";
    }
    seen.sort(null);
    String text = ", perhaps " + String.join(", ", seen.subList(0, Math.min(MOST, seen.size())));
    return seen.size() > MOST ? text + " and " + (seen.size() - MOST) + " more" : text;
  }

  private static @Nullable StackTraceElement callerOfConnection(StackTraceElement[] stack) {
    boolean inside = false;
    for (StackTraceElement frame : stack) {
      if (isProxy(frame.getClassName())) {
        inside = true;
      } else if (inside) {
        return frame;
      }
    }
    return null;
  }

  private static boolean isProxy(String className) {
    return className.startsWith("com.zaxxer.hikari.pool.Proxy")
        || className.startsWith("com.zaxxer.hikari.pool.HikariProxy");
  }
}
