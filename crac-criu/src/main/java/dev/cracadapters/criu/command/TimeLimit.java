/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import dev.cracadapters.core.RefusedException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Bounds what cannot be interrupted: a call into another JVM, a file system that does not answer.
 * It runs on a thread of its own, which is abandoned when the time is over, and which keeps no
 * command from ending.
 */
final class TimeLimit {

  private TimeLimit() {}

  /**
   * Runs a step.
   *
   * @param tooLong what to throw when the time is over; asked only then
   */
  static <T> T within(Duration limit, Supplier<RefusedException> tooLong, Callable<T> step)
      throws RefusedException, IOException, InterruptedException {
    FutureTask<T> task = new FutureTask<>(step);
    Thread thread = new Thread(task, "crac-step");
    thread.setDaemon(true);
    thread.start();
    try {
      return task.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw tooLong.get();
    } catch (ExecutionException e) {
      throw rethrown(e.getCause());
    }
  }

  private static RuntimeException rethrown(Throwable cause) throws RefusedException, IOException {
    if (cause instanceof RefusedException refused) {
      throw refused;
    }
    if (cause instanceof IOException failed) {
      throw failed;
    }
    if (cause instanceof Error error) {
      throw error;
    }
    return cause instanceof RuntimeException unchecked
        ? unchecked
        : new IllegalStateException("A step was interrupted", cause);
  }
}
