/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.borrow;

import dev.cracadapters.core.support.ThreadStacks;
import dev.cracadapters.core.support.Unfinished;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Borrowed connections as a refusal names them. */
public final class Loans {

  private static final int MAX_SUSPECTS = 3;

  private Loans() {}

  /**
   * What is not given back. For a connection whose borrower was not noted, those who might be it.
   *
   * @param loans the connections, those of unknown borrowers last
   */
  public static List<Unfinished> unfinished(List<Loan> loans) {
    return loans.stream()
        .map(
            loan -> {
              Unfinished known = loan.unfinished();
              return loan.borrower() == null
                  ? new Unfinished(known.description() + suspects())
                  : known;
            })
        .toList();
  }

  /**
   * The threads that are inside a call to a connection. One that computes while it holds a
   * connection is not seen, nor is a virtual one; and where there are several pools the thread may
   * use another.
   */
  private static String suspects() {
    List<String> seen = new ArrayList<>();
    for (Map.Entry<Thread, StackTraceElement[]> thread : Thread.getAllStackTraces().entrySet()) {
      StackTraceElement caller = callerOfConnection(thread.getValue());
      if (caller != null) {
        seen.add(
            "%s, which is in a call at %s"
                .formatted(
                    Unfinished.describe(thread.getKey()),
                    ThreadStacks.describe(caller).replaceFirst("\\s*at ", "")));
      }
    }
    if (seen.isEmpty()) {
      return "";
    }
    seen.sort(null);
    String text =
        ", perhaps " + String.join(", ", seen.subList(0, Math.min(MAX_SUSPECTS, seen.size())));
    return seen.size() > MAX_SUSPECTS
        ? text + " and " + (seen.size() - MAX_SUSPECTS) + " more"
        : text;
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
