/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.network;

import ch.qos.logback.core.AppenderBase;
import dev.cracadapters.core.Deadline;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The monitor under which an appender takes its events. An appender may hold it for long, while it
 * sends a mail for instance, and Java cannot give up waiting for a monitor. So another thread
 * waits.
 */
final class AppenderMonitor {

  /** For what has begun under the monitor, and so is about to end. */
  private static final Deadline NEVER = Deadline.after(ChronoUnit.FOREVER.getDuration());

  private AppenderMonitor() {}

  /**
   * Does something between two events, if there is such a moment before the deadline, else never.
   *
   * @return whether it was done
   */
  static boolean tryRun(AppenderBase<?> appender, Deadline deadline, Runnable action)
      throws InterruptedException {
    AtomicBoolean decided = new AtomicBoolean();
    FutureTask<Void> task =
        start(
            appender,
            () -> {
              if (decided.compareAndSet(false, true)) {
                action.run();
              }
            });
    try {
      return awaitEnd(task, deadline)
          || !decided.compareAndSet(false, true) && awaitEnd(task, NEVER);
    } catch (InterruptedException e) {
      decided.set(true);
      throw e;
    }
  }

  /**
   * Does something between two events.
   *
   * @return whether it was done at the deadline; if not, it is done later
   */
  static boolean run(AppenderBase<?> appender, Deadline deadline, Runnable action)
      throws InterruptedException {
    return awaitEnd(start(appender, action), deadline);
  }

  private static FutureTask<Void> start(AppenderBase<?> appender, Runnable action) {
    FutureTask<Void> task =
        new FutureTask<>(
            () -> {
              synchronized (appender) {
                action.run();
              }
            },
            null);
    Thread thread = new Thread(task, "crac-logback " + appender.getName());
    thread.setDaemon(true);
    thread.start();
    return task;
  }

  private static boolean awaitEnd(FutureTask<Void> task, Deadline deadline)
      throws InterruptedException {
    try {
      task.get(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(e.getCause());
    }
  }
}
