/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.hold;

import dev.cracadapters.core.WalkThreads;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.concurrent.locks.LockSupport;

/**
 * Lets a held thread go on when the walk waits for a lock that it owns, and all of them when
 * nothing in this process moves any more. It counts its own turns: a clock may jump at a restore.
 */
final class HoldWatch extends Thread {

  private static final long TURN_NANOS = 20_000_000;

  /** Every so many turns it asks what the walk waits for. */
  private static final int TURNS_TO_LOOK = 5;

  /** Three seconds in which the process did not work. */
  private static final int IDLE_TURNS = 150;

  /** In {@link #IDLE_TURNS}; the watch itself takes less. */
  private static final long IDLE_CPU_NANOS = 60_000_000;

  /** A minute in which the walk was not paused. */
  private static final int MAX_TURNS = 3_000;

  private final ThreadHold hold;

  HoldWatch(ThreadHold hold) {
    super("crac-hold");
    this.hold = hold;
    setDaemon(true);
  }

  @Override
  public void run() {
    try {
      watch();
    } catch (RuntimeException | Error e) {
      hold.giveUp("they could not be watched (" + e + ")");
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
        hold.giveUp("nothing moved for " + IDLE_TURNS * TURN_NANOS / 1_000_000_000 + " s");
      } else if (turns >= MAX_TURNS) {
        hold.giveUp("it took longer than " + MAX_TURNS * TURN_NANOS / 1_000_000_000 + " s");
      } else if (idle >= IDLE_TURNS) {
        idle = 0;
        cpu = cpuNanos();
      }
      if (turns % TURNS_TO_LOOK == 0) {
        look();
      }
    }
  }

  private void look() {
    long[] walk = WalkThreads.all().stream().mapToLong(Obstacles::id).toArray();
    for (ThreadInfo info : ManagementFactory.getThreadMXBean().getThreadInfo(walk)) {
      if (info == null || info.getLockOwnerId() == -1) {
        continue;
      }
      for (Thread owner : hold.held()) {
        if (Obstacles.id(owner) == info.getLockOwnerId()) {
          hold.exempt(
              owner,
              "%s waits for %s, which it owns".formatted(info.getThreadName(), info.getLockName()));
        }
      }
    }
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
