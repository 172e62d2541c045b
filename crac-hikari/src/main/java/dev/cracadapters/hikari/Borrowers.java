/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who might hold a connection: the threads that are inside a call to one. HikariCP does not keep a
 * borrower's name, so that a thread that computes while it holds a connection is not seen, nor is a
 * virtual one; and where there are several pools the thread may use another.
 */
final class Borrowers {

  private static final int MOST = 3;

  private Borrowers() {}

  /**
   * A clause for a message.
   *
   * @return such as {@code thread "worker-1" is in a call at app.Orders.load(Orders.java:42)}, or
   *     an empty text when no such thread is seen
   */
  static String seen() {
    List<String> seen = new ArrayList<>();
    for (Map.Entry<Thread, StackTraceElement[]> thread : Thread.getAllStackTraces().entrySet()) {
      StackTraceElement caller = callerOfConnection(thread.getValue());
      if (caller != null) {
        seen.add(
            "thread \"%s\" is in a call at %s.%s(%s:%d)"
                .formatted(
                    thread.getKey().getName(),
                    caller.getClassName(),
                    caller.getMethodName(),
                    caller.getFileName(),
                    caller.getLineNumber()));
      }
    }
    seen.sort(null);
    String text = String.join(", ", seen.subList(0, Math.min(MOST, seen.size())));
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
