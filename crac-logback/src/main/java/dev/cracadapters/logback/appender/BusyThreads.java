/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.appender;

import java.util.Arrays;
import java.util.function.Predicate;

/** What threads that are not ours do at the moment, told by their stacks. */
public final class BusyThreads {

  private BusyThreads() {}

  /** Tells whether any thread is in a method. */
  public static boolean areIn(Class<?> owner, String method) {
    return any(stack -> calls(stack, owner.getName(), method));
  }

  /** Tells whether any thread is in a method, and does not sleep there. */
  public static boolean areAwakeIn(Class<?> owner, String method) {
    return any(stack -> calls(stack, owner.getName(), method) && !sleeps(stack));
  }

  /** Tells whether any thread sleeps that was sent to sleep by a method itself. */
  public static boolean sleepDirectlyIn(Class<?> owner, String method) {
    return any(stack -> sleeps(stack) && caller(stack).equals(owner.getName() + "." + method));
  }

  /** Tells whether any thread does what its stack is recognised by. */
  static boolean any(Predicate<StackTraceElement[]> stack) {
    return Thread.getAllStackTraces().values().stream().anyMatch(stack);
  }

  static boolean calls(StackTraceElement[] stack, String owner, String method) {
    return Arrays.stream(stack)
        .anyMatch(
            frame -> frame.getClassName().equals(owner) && frame.getMethodName().equals(method));
  }

  private static boolean sleeps(StackTraceElement[] stack) {
    return stack.length > 0 && stack[0].getClassName().equals(Thread.class.getName());
  }

  private static String caller(StackTraceElement[] stack) {
    return Arrays.stream(stack)
        .dropWhile(frame -> frame.getClassName().equals(Thread.class.getName()))
        .findFirst()
        .map(frame -> frame.getClassName() + "." + frame.getMethodName())
        .orElse("");
  }
}
