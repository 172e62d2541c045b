/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.event;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.spi.FilterReply;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.WalkThreads;
import java.lang.StackWalker.Option;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.event.LoggingEvent;

/**
 * Where threads that log to a context wait. It is in the context only while it may be closed, which
 * it is for two reasons: as many events are kept for a closed file or connection as may be ({@link
 * #full}), or the context is reset and configured anew ({@link #hold}).
 *
 * <p>A turbo filter, since it is asked before any appender: a thread that waits here holds no lock
 * and no monitor of an appender, which the walk or another thread needs. It may hold what the
 * application itself locks. So it waits without a bound only while the walk stands still and needs
 * nothing of this process. While the walk goes down or up, a thread waits for as long as the walk
 * may take. Once one has waited in vain for room, no thread waits for room until the walk stands
 * still or the files are closed the next time. One that has waited in vain for a configuration goes
 * on, and its event is kept.
 *
 * <p>Never held up are threads that log from within an appender, those of asynchronous appenders
 * among them. Nor does a thread wait for room that runs the walk or is interrupted, and none does
 * where the process ends.
 */
public final class LoggerGate extends TurboFilter {

  /** How long a thread waits before it looks whether the walk stands still. */
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private static final StackWalker STACK = StackWalker.getInstance(Option.RETAIN_CLASS_REFERENCE);

  private final long patienceNanos;

  /** The files and connections for which as many events are kept as may be. */
  private final Set<Object> full = ConcurrentHashMap.newKeySet();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Thread atShutdown = new Thread(this::letGo, "crac-logback-shutdown");

  /** The context while its files are closed. */
  private volatile @Nullable LoggerContext closed;

  /** The context while it is configured anew. */
  private volatile @Nullable HeldContext held;

  private volatile @Nullable Thread walker;
  private volatile boolean bounding;
  private volatile boolean inVain;

  /** {@code patience} is how long a thread waits for a walk that does not stand still. */
  public LoggerGate(Duration patience) {
    patienceNanos = patience.toNanos();
    setName("crac-logback");
  }

  public Deadline patience() {
    return Deadline.after(Duration.ofNanos(patienceNanos));
  }

  /** The calling thread runs the walk from now on, which is about to close files. */
  public void begin(LoggerContext context) {
    walker = Thread.currentThread();
    boolean ends = closed == null && !addShutdownHook();
    closed = context;
    inVain = false;
    bounding = !ends;
  }

  /** The calling thread runs the walk from now on, which is about to open the files. */
  public void walkedByThisThread() {
    walker = Thread.currentThread();
  }

  /**
   * Has the threads that log to the closed context asked. Doing so again does no harm, and is
   * needed where the context was reset meanwhile.
   */
  void install() {
    LoggerContext current = closed;
    if (current != null) {
      addTo(current);
    }
  }

  /** Before all other filters: one that accepts an event keeps those behind it from being asked. */
  void addTo(LoggerContext context) {
    if (!context.getTurboFilterList().contains(this)) {
      context.getTurboFilterList().add(0, this);
    }
  }

  /** Lets go all threads that wait for room, and is no longer asked. */
  public void end() {
    letGo();
    LoggerContext current = closed;
    if (current != null) {
      current.getTurboFilterList().remove(this);
      removeShutdownHook();
    }
    closed = null;
    walker = null;
  }

  private void letGo() {
    bounding = false;
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
      bounding = false; // it is ending: the hook has run, or is about to
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

  /** Tells whether threads wait for room: not in a process that is in service. */
  boolean isBounding() {
    return bounding;
  }

  /** Tells whether the checkpoint runs on the calling thread. */
  public boolean isWalker() {
    return Thread.currentThread() == walker || WalkThreads.isCurrent();
  }

  /**
   * Holds every thread that logs, but not the calling one: what that logs is kept. An event that
   * comes while the appenders are stopped would be lost.
   */
  public void hold(LoggerContext context) {
    held = new HeldContext(context, this);
    addTo(context);
  }

  /**
   * Waits until every event that came before {@link #hold} is written.
   *
   * @return false if one is still under way at the deadline
   */
  public boolean awaitQuiet(Deadline deadline) throws InterruptedException {
    HeldContext current = held;
    return current == null || current.awaitQuiet(deadline);
  }

  /** Lets the threads go on that {@link #hold} holds, by the configuration that there is now. */
  public void release() {
    HeldContext current = held;
    if (current != null) {
      current.writeBeforeAll();
      held = null;
      if (closed == null) {
        current.context().getTurboFilterList().remove(this);
      }
      current.release();
      signal();
      current.writeKept();
    }
  }

  @Override
  public FilterReply decide(
      @Nullable Marker marker,
      Logger logger,
      Level level,
      @Nullable String format,
      Object @Nullable [] params,
      @Nullable Throwable t) {
    HeldContext current = held;
    boolean isHeld = current != null && current.concernsThisThread();
    if (!isHeld && !isToWaitForRoom()) {
      return FilterReply.NEUTRAL;
    }
    if (isHeld && !current.awaitRelease()) {
      return current.keep(marker, logger, level, format, params, t);
    }
    FilterReply reply = decideByOthers(marker, logger, level, format, params, t);
    if (reply == FilterReply.ACCEPT && isToWaitForRoom() && !isInAppender()) {
      awaitRoom();
    }
    return reply;
  }

  /**
   * Logback 1.5.21 and later ask this for events of SLF4J's fluent API, earlier ones ask nothing.
   * Such an event's thread has asked whether the level is enabled, and waited for room then.
   */
  @SuppressWarnings("MissingOverride") // not there in earlier versions
  public FilterReply decide(Logger logger, LoggingEvent event) {
    return held == null ? FilterReply.NEUTRAL : super.decide(logger, event);
  }

  /**
   * A whole answer, never neutral. Some filters count, and must not be asked twice; and the thread
   * would ask those of before a reset next.
   */
  FilterReply decideByOthers(
      @Nullable Marker marker,
      Logger logger,
      Level level,
      @Nullable String format,
      Object @Nullable [] params,
      @Nullable Throwable t) {
    FilterReply reply = FilterReply.NEUTRAL;
    for (TurboFilter other : logger.getLoggerContext().getTurboFilterList()) {
      if (other != this && reply == FilterReply.NEUTRAL) {
        reply = other.decide(marker, logger, level, format, params, t);
      }
    }
    if (reply != FilterReply.NEUTRAL) {
      return reply;
    }
    return level.isGreaterOrEqual(logger.getEffectiveLevel())
        ? FilterReply.ACCEPT
        : FilterReply.DENY;
  }

  /** A reset has stopped all appenders, and takes the filters out next. */
  @Override
  public void stop() {
    HeldContext current = held;
    if (current != null) {
      current.onFiltersRemoved();
    }
  }

  private boolean isFull() {
    return bounding && !full.isEmpty() && (!inVain || WalkThreads.arePaused());
  }

  private boolean isToWaitForRoom() {
    return isFull() && !isWalker() && !Thread.currentThread().isInterrupted();
  }

  /** For example from the {@code toString} of an argument, under the appender's monitor. */
  static boolean isInAppender() {
    return STACK.walk(
        frames ->
            frames.anyMatch(frame -> Appender.class.isAssignableFrom(frame.getDeclaringClass())));
  }

  private void awaitRoom() {
    if (!awaitWhile(this::isFull) && !Thread.currentThread().isInterrupted()) {
      inVain = true;
      signal();
    }
  }

  /**
   * Waits, no longer than the patience while the walk goes down or up. An interrupt ends it: the
   * thread is wanted for something else.
   *
   * @return false where the condition still holds
   */
  boolean awaitWhile(BooleanSupplier condition) {
    long left = patienceNanos;
    lock.lock();
    try {
      while (condition.getAsBoolean() && left > 0) {
        boolean paused = WalkThreads.arePaused();
        long nanos = paused ? LOOK_NANOS : Math.min(LOOK_NANOS, left);
        // Not the time that has passed: it counts on while the process is frozen for an image.
        long rest = Math.max(0, changed.awaitNanos(nanos));
        if (!paused && !WalkThreads.arePaused()) {
          left -= nanos - rest;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
    return !condition.getAsBoolean();
  }

  private void signal() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
