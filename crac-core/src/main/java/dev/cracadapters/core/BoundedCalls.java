/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import dev.cracadapters.core.support.ThreadStacks;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs calls on threads of their own, each for a limited time. A call that passes its limit is
 * interrupted, and gets a moment to end. One that does not end is left behind on its thread, and
 * the next call gets a new thread.
 */
final class BoundedCalls implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(BoundedCalls.class);
  private static final Duration TIME_TO_END = Duration.ofSeconds(2);

  /** After this time a wait is logged, and again after twice that time, four times, and so on. */
  private static final Duration FIRST_NOTICE = Duration.ofSeconds(1);

  private static final Runnable END = () -> {};

  /** What the calls of a time are for. */
  enum Way {
    DOWN("stop"),
    UP("come back");

    private final String verb;

    Way(String verb) {
      this.verb = verb;
    }
  }

  interface Body {
    void run() throws Exception;
  }

  /**
   * What is to be called.
   *
   * @param name for a message; asked for only where there is one, since a resource may have to look
   *     it up
   * @param whenLate runs on the call's thread when a call that was left behind has ended after all
   */
  record Call(Supplier<String> name, Body body, Body whenLate) {}

  /**
   * What became of a call.
   *
   * @param failure what it threw, or the refusal that says that it took too long, or null
   */
  record Outcome(@Nullable Throwable failure, long micros) {}

  private final @Nullable ClassLoader callersLoader =
      Thread.currentThread().getContextClassLoader();
  private final Deque<Worker> idle = new ArrayDeque<>();
  private final List<Throwable> unlogged = new ArrayList<>();

  /**
   * Runs calls at the same time, each on a thread of its own, until all have ended or have been
   * given up; what became of each. An interrupt of the calling thread ends the calls of the way
   * down; on the way up that thread has it back when they have ended.
   *
   * <p>Where no thread can be started, a call of the way down fails. One of the way up is made on
   * the calling thread, without a limit: better late than down for ever.
   */
  List<Outcome> run(Way way, List<Call> calls, Duration limit) {
    CountDownLatch left = new CountDownLatch(calls.size());
    List<Running> all = calls.stream().map(call -> start(call, left)).toList();
    for (Running call : all) {
      if (call.unstarted != null) {
        call.runHere(way);
      }
    }
    InterruptedException interrupt = null;
    try {
      await(all, left, way, Deadline.after(limit));
    } catch (InterruptedException e) {
      interrupt = e;
      Thread.currentThread().interrupt();
    }
    List<Running> late = all.stream().filter(call -> !call.isDone()).toList();
    for (Running call : late) {
      call.refusal = interrupt == null ? late(call, way, limit) : interrupted(call, interrupt);
    }
    abandon(late);
    for (Running call : all) {
      if (call.worker.isStarted && !late.contains(call)) {
        idle.push(call.worker);
      }
    }
    return all.stream().map(Running::outcome).toList();
  }

  /** {@return what the logging of a wait threw, once} The calls are not concerned by it. */
  List<Throwable> takeUnlogged() {
    List<Throwable> taken = List.copyOf(unlogged);
    unlogged.clear();
    return taken;
  }

  private Running start(Call call, CountDownLatch left) {
    Worker worker = idle.poll();
    if (worker == null) {
      worker = new Worker();
    }
    Running running = new Running(call, worker, left);
    try {
      worker.start(callersLoader);
      worker.calls.add(running);
    } catch (Throwable e) { // OutOfMemoryError: unable to create native thread
      running.unstarted = e;
    }
    return running;
  }

  private void await(List<Running> all, CountDownLatch left, Way way, Deadline deadline)
      throws InterruptedException {
    boolean interrupted = false;
    Duration waited = Duration.ZERO;
    Duration nextNotice = FIRST_NOTICE;
    try {
      while (true) {
        try {
          long nanos = Math.min(deadline.remainingNanos(), nextNotice.minus(waited).toNanos());
          if (left.await(nanos, TimeUnit.NANOSECONDS) || deadline.hasPassed()) {
            return;
          }
          waited = nextNotice;
          nextNotice = nextNotice.multipliedBy(2);
          notice(all, way, waited);
        } catch (InterruptedException e) {
          if (way == Way.DOWN) {
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

  private void notice(List<Running> all, Way way, Duration waited) {
    String names = names(all);
    if (names.isEmpty()) { // the last one has just ended
      return;
    }
    try {
      LOG.info("Still waiting for {} to {}, after {} s", names, way.verb, waited.toSeconds());
    } catch (Throwable e) { // a failing appender must not end the calls
      unlogged.add(e);
    }
  }

  private static String names(List<Running> all) {
    return all.stream()
        .filter(call -> !call.isDone())
        .map(call -> call.call.name().get())
        .collect(Collectors.joining(", "));
  }

  /** Interrupts all of them, and then gives them one moment together. */
  private static void abandon(List<Running> late) {
    if (late.isEmpty()) {
      return;
    }
    for (Running call : late) {
      Worker worker = call.worker;
      worker.calls.add(
          () -> {
            if (call.leftBehind) {
              runLate(call.call.whenLate());
            }
          });
      worker.calls.add(END);
      call.cancel(true);
    }
    boolean interrupted = Thread.interrupted();
    Deadline moment = Deadline.after(TIME_TO_END);
    try {
      for (Running call : late) {
        // join(0) would wait for ever.
        call.worker.thread.join(Math.max(1, moment.remainingMillis()));
      }
    } catch (InterruptedException e) {
      interrupted = true;
    }
    late.forEach(call -> call.leftBehind = call.worker.thread.isAlive());
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
    } catch (Throwable e) {
      LOG.error("What was to follow a call that ended too late failed", e);
    }
  }

  private static RefusedException interrupted(Running call, InterruptedException e) {
    return new RefusedException(
        call.call.name().get(),
        "the thread that takes the checkpoint was interrupted",
        "ask for it again",
        e);
  }

  private static RefusedException late(Running call, Way way, Duration limit) {
    String where = ThreadStacks.describe(call.worker.thread.getStackTrace());
    return new RefusedException(
        call.call.name().get(),
        "it did not %s within %d ms; its thread is%s\n"
            .formatted(way.verb, limit.toMillis(), where.isEmpty() ? " gone" : where),
        "Raise resource-timeout, or find what it waits for");
  }

  /** Lets the threads end; another call would start new ones. */
  @Override
  public void close() {
    idle.forEach(worker -> worker.calls.add(END));
    idle.clear();
  }

  /** A call on its thread. */
  private static final class Running extends FutureTask<Boolean> {

    final Call call;
    final Worker worker;
    volatile boolean leftBehind;
    @Nullable RefusedException refusal;
    @Nullable Throwable unstarted;
    private volatile @Nullable Throwable thrown;
    private final CountDownLatch left;
    private final long began = System.nanoTime();
    private volatile long ended;

    Running(Call call, Worker worker, CountDownLatch left) {
      super(
          () -> {
            call.body().run();
            return true;
          });
      this.call = call;
      this.worker = worker;
      this.left = left;
    }

    /** For a call that got no thread. */
    void runHere(Way way) {
      if (way == Way.UP) {
        run();
      } else {
        setException(Objects.requireNonNull(unstarted));
      }
    }

    /** Kept: get() wraps it, and asks it for its message, which may throw. */
    @Override
    protected void setException(Throwable failure) {
      thrown = failure;
      super.setException(failure);
    }

    @Override
    protected void done() {
      ended = System.nanoTime();
      left.countDown();
    }

    /** What became of a call that has ended or was given up. */
    Outcome outcome() {
      return new Outcome(isCancelled() ? refusal : thrown, (ended - began) / 1_000);
    }
  }

  private static final class Worker {

    final LinkedTransferQueue<Runnable> calls = new LinkedTransferQueue<>();
    final Thread thread = new Thread(this::work, "crac-walk");
    boolean isStarted;

    Worker() {
      thread.setDaemon(true);
    }

    void start(@Nullable ClassLoader callersLoader) {
      if (!isStarted) {
        thread.setContextClassLoader(callersLoader);
        thread.start();
        isStarted = true;
      }
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
