/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.hold;

import dev.cracadapters.core.WalkThreads;
import dev.cracadapters.core.support.ThreadStacks;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Lets a held thread go on when the walk waits for a lock that it owns, and all of them when
 * nothing in this process moves any more. It counts its own turns: a clock may jump at a restore.
 */
final class HoldWatch extends Thread {

  private static final long TURN_NANOS = 20_000_000;

  /** Three seconds in which the process did not work. */
  private static final int IDLE_TURNS = 150;

  /** In {@link #IDLE_TURNS}; the watch itself takes less. */
  private static final long IDLE_CPU_NANOS = 60_000_000;

  /** A minute in which the walk was not paused. */
  private static final int MAX_TURNS = 3_000;

  private final ThreadHold hold;
  private final Thread holder;

  /**
   * A watch that has not started.
   *
   * @param holder who suspends the threads, and must not wait for one of them
   */
  HoldWatch(ThreadHold hold, Thread holder) {
    super("crac-hold");
    this.hold = hold;
    this.holder = holder;
    setDaemon(true);
  }

  @Override
  public void run() {
    try {
      watch();
    } catch (RuntimeException | Error e) {
      hold.giveUp("they could not be watched (" + e + ")", "");
    }
  }

  /** Whether it has ended within some milliseconds; an interrupt is kept for later. */
  boolean joined(long millis) {
    boolean interrupted = Thread.interrupted();
    try {
      join(millis);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return !isAlive();
  }

  private void watch() {
    int turns = 0;
    int idle = 0;
    long cpu = cpuNanos();
    while (!hold.isReleased()) {
      LockSupport.parkNanos(TURN_NANOS);
      if (WalkThreads.arePaused()) {
        idle = 0;
        cpu = cpuNanos();
        continue;
      }
      turns++;
      idle++;
      if (idle >= IDLE_TURNS && cpuNanos() - cpu < IDLE_CPU_NANOS) {
        hold.giveUp("nothing moved for " + IDLE_TURNS * TURN_NANOS / 1_000_000_000 + " s", where());
      } else if (turns >= MAX_TURNS) {
        hold.giveUp(
            "it took longer than " + MAX_TURNS * TURN_NANOS / 1_000_000_000 + " s", where());
      } else if (idle >= IDLE_TURNS) {
        idle = 0;
        cpu = cpuNanos();
      }
      look();
    }
  }

  private void look() {
    for (ThreadInfo info : infos(walk().stream().mapToLong(Obstacles::id).toArray())) {
      for (Thread owner : hold.held()) {
        if (info != null && waitsFor(info, owner)) {
          hold.lend(
              owner,
              "%s waits for %s, which it owns".formatted(info.getThreadName(), info.getLockName()),
              () -> waitsFor(infos(info.getThreadId())[0], owner));
        }
      }
    }
  }

  private Set<Thread> walk() {
    Set<Thread> walk = new HashSet<>(WalkThreads.all());
    walk.add(holder);
    return walk;
  }

  /** What the walk is at. */
  private String where() {
    return walk().stream()
        .map(
            thread ->
                "\n" + thread.getName() + " is" + ThreadStacks.describe(thread.getStackTrace()))
        .collect(Collectors.joining());
  }

  private static @Nullable ThreadInfo[] infos(long... threads) {
    return ManagementFactory.getThreadMXBean().getThreadInfo(threads);
  }

  private static boolean waitsFor(@Nullable ThreadInfo waiting, Thread owner) {
    return waiting != null && waiting.getLockOwnerId() == Obstacles.id(owner);
  }

  /** Always the same where nobody counts it: then the hold ends after the idle turns. */
  private static long cpuNanos() {
    try {
      return ManagementFactory.getOperatingSystemMXBean()
              instanceof com.sun.management.OperatingSystemMXBean system
          ? system.getProcessCpuTime()
          : 0;
    } catch (LinkageError e) { // this Java has no jdk.management
      return 0;
    }
  }
}
