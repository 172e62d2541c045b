/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.appender;

import ch.qos.logback.core.AsyncAppenderBase;
import ch.qos.logback.core.spi.AppenderAttachableImpl;
import dev.cracadapters.core.Deadline;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.locks.AbstractQueuedSynchronizer.ConditionObject;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Waits until the events that are now in an asynchronous appender's queue have been written, so
 * that they are in the file before the snapshot, not in the image, out of which each process that
 * is restored would write them once more. No event is lost where the wait ends early: the queue and
 * its thread are part of the image and go on after the restore.
 *
 * <p>An application that logs without a pause never leaves the queue empty. So what is waited for
 * is not emptiness but the queue's last event of now: the worker takes events in batches and writes
 * a batch before it takes the next, hence when an event of a later batch has been taken, the last
 * one of now has been written. It takes the first event of a batch and then the others at once, and
 * one that comes in between is of the same batch; one that comes after that one was taken is not.
 */
public final class AsyncQueue {

  private final BlockingQueue<?> queue;
  private final Thread worker;
  private @Nullable Object awaited;
  private int taken;

  private AsyncQueue(BlockingQueue<?> queue, Thread worker) {
    this.queue = queue;
    this.worker = worker;
  }

  /** Waits for the queue, at most until the deadline. */
  public static void drain(AsyncAppenderBase<?> appender, LogbackMembers fields, Deadline deadline)
      throws InterruptedException {
    BlockingQueue<?> queue = fields.queue.find(appender);
    Thread worker = fields.worker.get(appender);
    if (queue != null && worker != Thread.currentThread()) {
      deadline.await(new AsyncQueue(queue, worker)::isWritten);
    }
  }

  private boolean isWritten() {
    if (!worker.isAlive() || isIdle()) {
      return true;
    }
    if (awaited != null && !queue.contains(awaited)) {
      taken++;
      awaited = null;
    }
    if (taken == 3) {
      return true;
    }
    if (awaited == null) {
      awaited = last();
    }
    return false;
  }

  /**
   * Tells whether the worker waits for an event and so has written all it took. First the queue,
   * then the worker: it stops waiting before it takes an event out.
   */
  private boolean isIdle() {
    return queue.isEmpty()
        && LockSupport.getBlocker(worker) instanceof ConditionObject
        && awaitsEvent(worker.getStackTrace());
  }

  /** Not room in the queue of a further asynchronous appender, which it writes to. */
  private static boolean awaitsEvent(StackTraceElement[] stack) {
    Set<String> classes =
        Stream.of(stack).map(StackTraceElement::getClassName).collect(Collectors.toSet());
    return classes.contains(ConditionObject.class.getName())
        && !classes.contains(AppenderAttachableImpl.class.getName());
  }

  private @Nullable Object last() {
    Object[] queued = queue.toArray();
    return queued.length == 0 ? null : queued[queued.length - 1];
  }
}
