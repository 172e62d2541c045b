/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.spi.FilterReply;
import dev.cracadapters.core.WalkThreads;
import java.lang.StackWalker.Option;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.event.LoggingEvent;

/**
 * Lets threads that log wait while as many events are kept for a closed file as may be. It is in
 * the context while files are closed, and at no other time.
 *
 * <p>A turbo filter, since it is asked before any appender: a thread that waits here holds no lock
 * and no monitor of an appender, which the walk or another thread needs. It may hold what the
 * application itself locks. So it waits without a bound only while the walk stands still and needs
 * nothing of this process; while the walk goes down or up, threads wait for as long as the walk may
 * take, and once one has done so in vain, none waits until the walk stands still or the files are
 * closed the next time.
 *
 * <p>Never held up are the threads that run the walk, threads that log from within an appender,
 * those of asynchronous appenders among them, and threads that are interrupted; nor anybody where
 * the process ends.
 */
final class BackPressure extends TurboFilter {

  /** How long a thread waits before it looks whether the walk stands still. */
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private static final StackWalker STACK = StackWalker.getInstance(Option.RETAIN_CLASS_REFERENCE);

  private final long patienceNanos;

  /** The files and connections for which as many events are kept as may be. */
  private final Set<Object> full = ConcurrentHashMap.newKeySet();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private final Thread atShutdown = new Thread(this::letGo, "crac-logback-shutdown");
  private volatile @Nullable LoggerContext context;
  private volatile @Nullable Thread walker;
  private volatile boolean holding;
  private volatile boolean inVain;

  /**
   * Holds nobody up yet.
   *
   * @param patience how long a thread waits for a walk that does not stand still
   */
  BackPressure(Duration patience) {
    patienceNanos = patience.toNanos();
    setName("crac-logback");
  }

  /** The calling thread runs the walk from now on, which is about to close files. */
  void begin(LoggerContext newContext) {
    walker = Thread.currentThread();
    boolean ends = context == null && !addShutdownHook();
    context = newContext;
    inVain = false;
    holding = !ends;
  }

  /** The calling thread runs the walk from now on, which is about to open the files. */
  void walkedByThisThread() {
    walker = Thread.currentThread();
  }

  /**
   * Before all other filters: one that accepts an event keeps those behind it from being asked.
   * Doing so again does no harm, and is needed where the context was reset meanwhile.
   */
  void install() {
    LoggerContext current = context;
    if (current != null && !current.getTurboFilterList().contains(this)) {
      current.getTurboFilterList().add(0, this);
    }
  }

  /** Lets go all who wait, and is no longer asked. */
  void end() {
    letGo();
    LoggerContext current = context;
    if (current != null) {
      current.getTurboFilterList().remove(this);
      removeShutdownHook();
    }
    context = null;
    walker = null;
  }

  private void letGo() {
    holding = false;
    full.clear();
    signal();
  }

  /** A process that is told to end while files are closed must not wait for them to be opened. */
  private boolean addShutdownHook() {
    try {
      Runtime.getRuntime().addShutdownHook(atShutdown);
      return true;
    } catch (IllegalStateException e) {
      return false; // it is ending
    }
  }

  private void removeShutdownHook() {
    try {
      Runtime.getRuntime().removeShutdownHook(atShutdown);
    } catch (IllegalStateException e) {
      holding = false; // it is ending: the hook has run, or is about to
    }
  }

  /** As many events are kept for a file or connection as may be. Called under its lock. */
  void full(Object keeper) {
    full.add(keeper);
  }

  /** It takes events again, or has none to be waited for. */
  void hasRoom(Object keeper) {
    if (full.remove(keeper)) {
      signal();
    }
  }

  /** Tells whether threads are held up: not in a process that is in service. */
  boolean isHolding() {
    return holding;
  }

  /** Tells whether the checkpoint runs on the calling thread. */
  boolean isWalker() {
    return Thread.currentThread() == walker || WalkThreads.isCurrent();
  }

  @Override
  public FilterReply decide(
      @Nullable Marker marker,
      Logger logger,
      Level level,
      @Nullable String format,
      Object @Nullable [] params,
      @Nullable Throwable t) {
    if (!isToWait() || isWalker() || Thread.currentThread().isInterrupted()) {
      return FilterReply.NEUTRAL;
    }
    FilterReply reply = FilterReply.NEUTRAL;
    for (TurboFilter other : logger.getLoggerContext().getTurboFilterList()) {
      if (other != this && reply == FilterReply.NEUTRAL) {
        reply = other.decide(marker, logger, level, format, params, t);
      }
    }
    if (reply == FilterReply.NEUTRAL) {
      // Never neutral: the others must not be asked twice, for some count.
      reply =
          level.isGreaterOrEqual(logger.getEffectiveLevel())
              ? FilterReply.ACCEPT
              : FilterReply.DENY;
    }
    if (reply == FilterReply.ACCEPT && !isInAppender()) {
      await();
    }
    return reply;
  }

  /**
   * Logback 1.5.21 and later ask this for events of SLF4J's fluent API, earlier ones ask nothing.
   * Such an event's thread has asked whether the level is enabled, and waited then.
   */
  @SuppressWarnings("MissingOverride") // not there in earlier versions
  public FilterReply decide(Logger logger, LoggingEvent event) {
    return FilterReply.NEUTRAL;
  }

  private boolean isToWait() {
    return holding && !full.isEmpty() && (!inVain || WalkThreads.arePaused());
  }

  /** For example from the {@code toString} of an argument, under the appender's monitor. */
  private static boolean isInAppender() {
    return STACK.walk(
        frames ->
            frames.anyMatch(frame -> Appender.class.isAssignableFrom(frame.getDeclaringClass())));
  }

  private void await() {
    long left = patienceNanos;
    lock.lock();
    try {
      while (isToWait()) {
        boolean paused = WalkThreads.arePaused();
        long nanos = paused ? LOOK_NANOS : Math.min(LOOK_NANOS, left);
        // Not the time that has passed: it counts on while the process is frozen for an image.
        long rest = Math.max(0, room.awaitNanos(nanos));
        if (!paused && !WalkThreads.arePaused()) {
          left -= nanos - rest;
          if (left <= 0) {
            inVain = true;
            room.signalAll();
          }
        }
      }
    } catch (InterruptedException e) {
      // The event is kept beyond the bound: its thread is wanted for something else.
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  private void signal() {
    lock.lock();
    try {
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
