/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What the threads of this process do at the moment, as their stacks show it. Stacks are the only
 * way to see threads that are not an adapter's own. Virtual threads are not seen.
 */
public final class ThreadStacks {

  /** Room for threads that start while they are counted. */
  private static final int SPARE = 64;

  private ThreadStacks() {}

  /**
   * {@return all threads that are alive} Without their stacks, for which each would have to stop.
   */
  public static List<Thread> threads() {
    ThreadGroup root = Thread.currentThread().getThreadGroup();
    while (root.getParent() != null) {
      root = root.getParent();
    }
    Thread[] all = new Thread[root.activeCount() + SPARE];
    int count = root.enumerate(all);
    while (count == all.length) {
      all = new Thread[all.length * 2];
      count = root.enumerate(all);
    }
    return List.of(Arrays.copyOf(all, count));
  }

  private static boolean any(Predicate<StackTraceElement[]> condition) {
    return Thread.getAllStackTraces().values().stream().anyMatch(condition);
  }

  /** {@return whether any thread is in a method} */
  public static boolean anyIn(Class<?> owner, String method) {
    return any(stack -> calls(stack, owner.getName(), method));
  }

  /** {@return whether any thread is in a method and not in {@link Thread#sleep}} */
  public static boolean anyAwakeIn(Class<?> owner, String method) {
    return any(stack -> calls(stack, owner.getName(), method) && !sleeps(stack));
  }

  /** {@return whether any thread sleeps because a method itself called {@link Thread#sleep}} */
  public static boolean anySleepingDirectlyIn(Class<?> owner, String method) {
    return any(
        stack ->
            sleeps(stack)
                && Arrays.stream(stack)
                    .dropWhile(ThreadStacks::isOfThread)
                    .findFirst()
                    .filter(frame -> isOf(frame, owner.getName(), method))
                    .isPresent());
  }

  private static boolean calls(StackTraceElement[] stack, String owner, String method) {
    return Arrays.stream(stack).anyMatch(frame -> isOf(frame, owner, method));
  }

  /**
   * {@return a stack as exceptions print it, for a message: each frame on a line of its own after a
   * line break; empty for a thread that has ended}
   */
  public static String describe(StackTraceElement... stack) {
    return Arrays.stream(stack)
        .map(frame -> "\n\tat " + plain(frame))
        .collect(Collectors.joining());
  }

  /** Without the class loader and module that a live thread's stack shows. */
  private static StackTraceElement plain(StackTraceElement frame) {
    return new StackTraceElement(
        frame.getClassName(), frame.getMethodName(), frame.getFileName(), frame.getLineNumber());
  }

  private static boolean sleeps(StackTraceElement[] stack) {
    return stack.length > 0 && isOfThread(stack[0]);
  }

  private static boolean isOfThread(StackTraceElement frame) {
    return frame.getClassName().equals(Thread.class.getName());
  }

  private static boolean isOf(StackTraceElement frame, String owner, String method) {
    return frame.getClassName().equals(owner) && frame.getMethodName().equals(method);
  }
}
