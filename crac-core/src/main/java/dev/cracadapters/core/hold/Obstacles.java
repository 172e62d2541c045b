/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.hold;

import java.lang.management.LockInfo;
import java.lang.management.ManagementFactory;
import java.lang.management.MonitorInfo;
import java.lang.management.ThreadInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds suspended threads that stand where they are in the way: they own a lock that the walk may
 * need, initialize a class, or are in the middle of a random number, which would end with the old
 * seed.
 */
final class Obstacles {

  /** A running task's lock in a pool: nobody else waits for it. */
  private static final String POOL_WORKER = "ThreadPoolExecutor$Worker";

  /**
   * Code that the dump, the walk and the virtual machine run, too, under locks of any kind; and the
   * generators of random numbers.
   */
  private static final List<String> SHARED_CODE =
      List.of(
          "ch.qos.logback.",
          "java.io.PrintStream",
          "java.lang.ClassLoader",
          "java.security.",
          "java.util.Random",
          "java.util.SplittableRandom",
          "java.util.concurrent.ThreadLocalRandom",
          "java.util.jar.",
          "java.util.logging.",
          "java.util.zip.",
          "jdk.internal.loader.",
          "org.apache.logging.",
          "org.slf4j.",
          "sun.security.");

  private Obstacles() {}

  /**
   * {@return of some suspended threads those that are in the way, each with what it is at: as long
   * as that is the same, it does not move; empty for one that runs}
   *
   * @param locks whether to look for the locks of {@code java.util.concurrent} instead of monitors,
   *     for which the virtual machine looks through the whole heap
   * @throws LinkageError if this Java has no {@code java.management}
   */
  static Map<Thread, String> among(Set<Thread> suspended, boolean locks) {
    Map<Long, Thread> byId = new HashMap<>();
    suspended.forEach(thread -> byId.put(id(thread), thread));
    long[] ids = byId.keySet().stream().mapToLong(Long::longValue).toArray();
    Map<Thread, String> found = new IdentityHashMap<>();
    for (ThreadInfo info : ManagementFactory.getThreadMXBean().getThreadInfo(ids, !locks, locks)) {
      Thread thread = info == null ? null : byId.get(info.getThreadId());
      if (thread != null) {
        List<String> owned = owned(info);
        if (!owned.isEmpty() || (isAwake(info) && isInSharedCode(info.getStackTrace()))) {
          found.put(thread, runs(info) ? "" : owned + Arrays.toString(info.getStackTrace()));
        }
      }
    }
    return found;
  }

  /** The same of virtual threads, whose locks nobody tells. */
  static Map<Thread, String> amongVirtual() {
    Map<Thread, String> found = new IdentityHashMap<>();
    for (Thread thread : MountedThreads.all()) {
      StackTraceElement[] stack = thread.getStackTrace();
      if (isInSharedCode(stack)) {
        boolean runs = !stack[0].isNativeMethod();
        found.put(thread, runs ? "" : Arrays.toString(stack));
      }
    }
    return found;
  }

  private static List<String> owned(ThreadInfo info) {
    List<String> owned = new ArrayList<>();
    for (MonitorInfo monitor : info.getLockedMonitors()) {
      owned.add(monitor.toString());
    }
    for (LockInfo lock : info.getLockedSynchronizers()) {
      if (!lock.getClassName().endsWith(POOL_WORKER)) {
        owned.add(lock.toString());
      }
    }
    return owned;
  }

  /** Where it is at the same place twice, it may be in a loop, or have had no processor. */
  private static boolean runs(ThreadInfo info) {
    StackTraceElement[] stack = info.getStackTrace();
    return info.getThreadState() == Thread.State.RUNNABLE
        && stack.length > 0
        && !stack[0].isNativeMethod();
  }

  private static boolean isAwake(ThreadInfo info) {
    return info.getThreadState() == Thread.State.RUNNABLE
        || info.getThreadState() == Thread.State.BLOCKED;
  }

  private static boolean isInSharedCode(StackTraceElement[] stack) {
    return Arrays.stream(stack)
        .anyMatch(
            frame ->
                frame.getMethodName().equals("<clinit>")
                    || SHARED_CODE.stream().anyMatch(frame.getClassName()::startsWith));
  }

  // Thread.threadId() is there from JDK 19 on, where getId() is deprecated.
  @SuppressWarnings("deprecation")
  static long id(Thread thread) {
    return thread.getId();
  }
}
