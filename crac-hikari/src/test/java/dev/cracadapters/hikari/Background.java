/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;

/** Something that runs in a named thread of its own, and whose result is waited for. */
final class Background<T> {

  private final FutureTask<T> task;
  private final Thread thread;

  private Background(String name, Callable<T> work) {
    task = new FutureTask<>(work);
    thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  static <T> Background<T> run(String name, Callable<T> work) {
    return new Background<>(name, work);
  }

  FutureTask<T> result() {
    return task;
  }

  boolean isDone() {
    return task.isDone();
  }

  /** True when the thread waits for something, which is how a caller at the gate looks. */
  boolean isWaiting() {
    Thread.State state = thread.getState();
    return state == Thread.State.WAITING
        || state == Thread.State.TIMED_WAITING
        || state == Thread.State.BLOCKED;
  }

  void interrupt() {
    thread.interrupt();
  }
}
