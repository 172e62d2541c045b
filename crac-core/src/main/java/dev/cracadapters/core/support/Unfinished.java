/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Something that a {@link Drain} still waits for.
 *
 * @param description what it is and whose, without a full stop: {@code GET /orders from
 *     10.0.0.7:41234}, {@code borrowed}
 * @param thread the thread that works on it; null if it is not known
 * @param age how long it has been going on; null if that is not known
 */
public record Unfinished(String description, @Nullable Thread thread, @Nullable Duration age) {

  private static final int MAX_LISTED = 5;

  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");
  private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");

  /**
   * Something of which neither the thread nor the beginning is known.
   *
   * @param description what it is and whose, without a full stop
   */
  public Unfinished(String description) {
    this(description, null, null);
  }

  /**
   * Describes some for a message: at most five, and how many more there are.
   *
   * @param all in the order in which they are named
   * @return one line, or, where the stack of a thread is shown, one line and a stack for each, with
   *     a line break before each and at the end
   */
  static String describe(List<Unfinished> all) {
    List<Unfinished> listed = all.subList(0, Math.min(MAX_LISTED, all.size()));
    Set<Thread> shown = new HashSet<>();
    List<String> descriptions = new ArrayList<>();
    for (Unfinished one : listed) {
      boolean first = one.thread == null || shown.add(one.thread);
      descriptions.add(one.describe() + (first ? one.activity() : ", as above"));
    }
    int more = all.size() - listed.size();
    if (shown.isEmpty()) {
      return String.join(", ", descriptions) + (more > 0 ? " and " + more + " more" : "");
    }
    return "\n"
        + String.join("\n", descriptions)
        + (more > 0 ? "\nand " + more + " more" : "")
        + "\n";
  }

  /**
   * {@return what it is, on which thread, and since when: {@code borrowed by thread "worker-1" for
   * 12 s (since 14:03:07)}}
   */
  public String describe() {
    return description + (thread == null ? "" : " by " + describe(thread)) + since();
  }

  private String since() {
    if (age == null) {
      return "";
    }
    LocalDateTime now = LocalDateTime.now();
    LocalDateTime begin = now.minus(age);
    boolean today = begin.toLocalDate().equals(now.toLocalDate());
    return " for %d s (since %s)".formatted(age.toSeconds(), (today ? TIME : DATE).format(begin));
  }

  /**
   * {@return what the thread is doing now, to follow {@link #describe()}: its stack, each frame
   * after a line break; empty if no thread is known}
   */
  public String activity() {
    if (thread == null) {
      return "";
    }
    StackTraceElement[] stack = thread.getStackTrace();
    if (stack.length == 0) {
      return thread.isAlive() ? "" : ", which has ended without giving it back";
    }
    return ", which is now" + ThreadStacks.describe(stack);
  }

  /**
   * {@return a thread's name for a message: {@code thread "worker-1"}, or the number of a virtual
   * thread without a name}
   */
  public static String describe(Thread thread) {
    return thread.getName().isEmpty()
        ? "thread " + thread.toString().replaceFirst("/.*", "")
        : "thread \"" + thread.getName() + '"';
  }
}
