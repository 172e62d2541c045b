/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import java.util.Arrays;
import java.util.function.Predicate;

/**
 * What the threads of this process do at the moment, as their stacks show it. Stacks are the only
 * way to see threads that are not an adapter's own. Virtual threads are not seen.
 */
public final class ThreadStacks {

  private ThreadStacks() {}

  /**
   * Whether the stack of any thread fulfils a condition.
   *
   * @param condition asked with each stack, its innermost frame first, which may be empty
   * @return true if one does
   */
  public static boolean any(Predicate<StackTraceElement[]> condition) {
    return Thread.getAllStackTraces().values().stream().anyMatch(condition);
  }

  /**
   * Whether any thread is in a method.
   *
   * @param owner the class that has the method
   * @param method its name
   * @return true if it is on the stack of a thread
   */
  public static boolean anyIn(Class<?> owner, String method) {
    return any(stack -> calls(stack, owner.getName(), method));
  }

  /**
   * Whether any thread is in a method and does not sleep there.
   *
   * @param owner the class that has the method
   * @param method its name
   * @return true if it is on the stack of a thread that is not in {@link Thread#sleep}
   */
  public static boolean anyAwakeIn(Class<?> owner, String method) {
    return any(stack -> calls(stack, owner.getName(), method) && !sleeps(stack));
  }

  /**
   * Whether any thread sleeps because a method itself called {@link Thread#sleep}.
   *
   * @param owner the class that has the method
   * @param method its name
   * @return true if a thread does
   */
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

  /**
   * Whether a stack has a method on it.
   *
   * @param stack the stack of a thread
   * @param owner the name of the class that has the method
   * @param method the method's name
   * @return true if one frame is of it
   */
  public static boolean calls(StackTraceElement[] stack, String owner, String method) {
    return Arrays.stream(stack).anyMatch(frame -> isOf(frame, owner, method));
  }

  /**
   * A stack as exceptions print it, with each frame on a line of its own, for a message.
   *
   * @param stack the stack of a thread
   * @return a text that begins with a line break, empty for a thread that has ended
   */
  public static String describe(StackTraceElement[] stack) {
    StringBuilder lines = new StringBuilder();
    for (StackTraceElement frame : stack) {
      lines.append("\n\tat ").append(plain(frame));
    }
    return lines.toString();
  }

  /**
   * A frame without the class loader and module that a live thread's stack shows.
   *
   * @param frame a frame of a live thread
   * @return the frame as it is in an application without modules
   */
  public static StackTraceElement plain(StackTraceElement frame) {
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
