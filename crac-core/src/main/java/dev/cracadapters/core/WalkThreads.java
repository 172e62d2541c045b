/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What an adapter has to know before it lets a thread wait for the end of a checkpoint: a thread
 * that the checkpoint runs on must never wait for it, and any other thread may hold something that
 * the walk needs, unless the walk itself stands still.
 */
public final class WalkThreads {

  private static final ThreadLocal<Boolean> MARK = new ThreadLocal<>();
  private static final Set<Thread> ALL = ConcurrentHashMap.newKeySet();
  private static final AtomicInteger PAUSES = new AtomicInteger();

  private static volatile long pauseEnded = System.nanoTime();

  private WalkThreads() {}

  /**
   * {@return whether the calling thread runs a checkpoint: it is the one that takes it, or one that
   * calls a resource, also a call that passed its deadline and was left behind}
   */
  public static boolean isCurrent() {
    return MARK.get() != null;
  }

  /** {@return the threads of which {@link #isCurrent} is true, as far as they are alive} */
  public static Set<Thread> all() {
    ALL.removeIf(thread -> !thread.isAlive());
    return Set.copyOf(ALL);
  }

  /**
   * {@return whether the walk stands still between down and up, and needs nothing of this process
   * until somebody outside lets it go on} At any other time of a checkpoint its threads may need
   * what a thread of the application holds.
   */
  public static boolean arePaused() {
    return PAUSES.get() > 0;
  }

  /**
   * For an engine that waits for somebody outside: from now to {@link #pauseEnds} it takes no lock
   * that others may hold, and logs nothing.
   */
  public static void pauseBegins() {
    PAUSES.incrementAndGet();
  }

  /** The other end of {@link #pauseBegins}. */
  public static void pauseEnds() {
    pauseEnded = System.nanoTime();
    PAUSES.decrementAndGet();
  }

  /** {@return when {@link #pauseEnds} was called last, as {@code System.nanoTime} counts} */
  public static long pauseEnded() {
    return pauseEnded;
  }

  /** Marks the calling thread as one that runs a checkpoint, until {@link #leave}. */
  static void enter() {
    MARK.set(Boolean.TRUE);
    ALL.removeIf(thread -> !thread.isAlive());
    ALL.add(Thread.currentThread());
  }

  static void leave() {
    MARK.remove();
    ALL.remove(Thread.currentThread());
  }
}
