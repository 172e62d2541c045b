/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs calls one after the other on a thread of their own, each for a limited time. A call that
 * passes its limit is interrupted, and gets a moment to end; one that does not is left behind on
 * its thread, and the next call gets a new one.
 */
final class BoundedCalls implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(BoundedCalls.class);
  private static final Duration MOMENT = Duration.ofSeconds(2);

  /** Then at twice, four times, ... of it. */
  private static final Duration FIRST_WORD = Duration.ofSeconds(1);

  private static final Runnable END = () -> {};

  interface Body {
    void run() throws Exception;
  }

  private final @Nullable ClassLoader callersLoader =
      Thread.currentThread().getContextClassLoader();
  private @Nullable Worker worker;

  private final boolean interruptible;

  /**
   * Calls for the thread that makes this object.
   *
   * @param interruptible whether an interrupt of that thread ends a call; otherwise the thread has
   *     the interrupt back when the call has ended
   */
  BoundedCalls(boolean interruptible) {
    this.interruptible = interruptible;
  }

  /**
   * Runs one call; what it threw, or the refusal that says that it took too long, or null.
   *
   * @param whenLate runs on the call's thread when a call that was left behind has ended after all
   */
  @Nullable Throwable run(String name, String what, Body body, Duration limit, Body whenLate) {
    Callable<Boolean> call =
        () -> {
          body.run();
          return true;
        };
    FutureTask<Boolean> task = new FutureTask<>(call);
    Worker current = worker;
    if (current == null) {
      current = new Worker();
      current.thread.setContextClassLoader(callersLoader);
      current.thread.start();
      worker = current;
    }
    current.calls.add(task);
    try {
      await(task, name, what, Deadline.after(limit));
      return null;
    } catch (ExecutionException e) {
      return e.getCause();
    } catch (TimeoutException e) {
      Throwable late = late(name, what, limit, current.thread.getStackTrace());
      abandon(current, task, whenLate);
      return late;
    } catch (InterruptedException e) {
      abandon(current, task, whenLate);
      Thread.currentThread().interrupt();
      return new RefusedException(
          name, "the thread that takes the checkpoint was interrupted", "ask for it again", e);
    }
  }

  private void await(FutureTask<Boolean> task, String name, String what, Deadline deadline)
      throws ExecutionException, TimeoutException, InterruptedException {
    boolean interrupted = false;
    Duration waited = Duration.ZERO;
    Duration nextWord = FIRST_WORD;
    try {
      while (true) {
        try {
          task.get(
              Math.min(deadline.remainingNanos(), nextWord.minus(waited).toNanos()),
              TimeUnit.NANOSECONDS);
          return;
        } catch (TimeoutException e) {
          if (deadline.hasPassed()) {
            throw e;
          }
          waited = nextWord;
          nextWord = nextWord.multipliedBy(2);
          LOG.info("Still waiting for {} to {}, after {} s", name, what, waited.toSeconds());
        } catch (InterruptedException e) {
          if (interruptible) {
            throw e;
          }
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void abandon(Worker current, FutureTask<Boolean> task, Body whenLate) {
    worker = null;
    AtomicBoolean leftBehind = new AtomicBoolean();
    current.calls.add(
        () -> {
          if (leftBehind.get()) {
            runLate(whenLate);
          }
        });
    current.calls.add(END);
    task.cancel(true);
    boolean interrupted = Thread.interrupted();
    try {
      current.thread.join(MOMENT.toMillis());
    } catch (InterruptedException e) {
      interrupted = true;
    }
    leftBehind.set(current.thread.isAlive());
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void runLate(Body whenLate) {
    if (Thread.interrupted()) {
      LOG.debug("The call that was left behind ended without seeing its interrupt");
    }
    try {
      whenLate.run();
    } catch (Exception e) {
      LOG.error("What was to follow a call that ended too late failed", e);
    }
  }

  private static RefusedException late(
      String name, String what, Duration limit, StackTraceElement[] stack) {
    StringBuilder where = new StringBuilder();
    for (StackTraceElement element : stack) {
      where.append("\n\tat ").append(element);
    }
    return new RefusedException(
        name,
        "it did not %s within %d ms; its thread is%s\n"
            .formatted(what, limit.toMillis(), where.isEmpty() ? " gone" : where),
        "Raise resource-timeout, or find what it waits for");
  }

  @Override
  public void close() {
    Worker current = worker;
    if (current != null) {
      current.calls.add(END);
      worker = null;
    }
  }

  private static final class Worker {

    final LinkedTransferQueue<Runnable> calls = new LinkedTransferQueue<>();
    final Thread thread = new Thread(this::work, "crac-walk");

    Worker() {
      thread.setDaemon(true);
    }

    private void work() {
      WalkThreads.enter();
      try {
        Runnable call = calls.take();
        while (call != END) {
          call.run();
          call = calls.take();
        }
      } catch (InterruptedException e) {
        // Abandoned: the interrupt that should have ended the call came when it had just ended.
        Thread.currentThread().interrupt();
      }
    }
  }
}
