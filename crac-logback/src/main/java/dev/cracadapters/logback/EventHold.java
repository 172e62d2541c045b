/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggerContextListener;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.spi.FilterReply;
import dev.cracadapters.core.Deadline;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;

/**
 * Keeps threads from logging while a context is reset and configured anew, since an event that
 * comes when the appenders are stopped is lost. It lives for that moment only.
 *
 * <p>It is a turbo filter: the first thing that an event meets. A reset takes the turbo filters
 * out, but stops each before it does, when the appenders are gone already: that is the moment to
 * attach an appender to the root logger, where events wait as well; and a little later it tells the
 * context's listeners: that is the moment to put the filter back. Who waits in either place is told
 * at the end what the new configuration makes of the event.
 *
 * <p>An event that is past the filters when the hold begins is waited for: no thread but those that
 * wait here may have a frame of Logback's {@code Logger} on its stack.
 */
final class EventHold {

  static final String APPENDING = "callAppenders";
  static final String LOGGER = Logger.class.getName();

  private final LoggerContext loggers;
  private final Logger root;
  private final long patience;
  private final Thread owner = Thread.currentThread();
  private final EventsUnderWay underWay =
      new EventsUnderWay(owner, EventHold.class.getName() + '$', Bucket.class.getName());
  private final Gate gate = new Gate();
  private final Bucket bucket = new Bucket();
  private final Guard guard = new Guard();
  private final CountDownLatch released = new CountDownLatch(1);

  /** Of the owner only. */
  private boolean ending;

  private final Queue<ILoggingEvent> kept = new ConcurrentLinkedQueue<>();

  private EventHold(LoggerContext context, Duration patience) {
    this.loggers = context;
    this.root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    this.patience = patience.toNanos();
  }

  /**
   * Begins to hold events. The thread that calls is not held; what it logs is kept.
   *
   * @param patience how long a thread waits; after that its event is kept and the thread goes on
   */
  static EventHold begin(LoggerContext context, Duration patience) {
    EventHold hold = new EventHold(context, patience);
    hold.gate.setContext(context);
    hold.gate.start();
    hold.bucket.setContext(context);
    hold.bucket.setName("held by crac-logback");
    context.getTurboFilterList().add(0, hold.gate);
    return hold;
  }

  /**
   * Waits until every event that is past the filters is written.
   *
   * @return false if one is still under way at the deadline
   */
  boolean awaitQuiet(Deadline deadline) throws InterruptedException {
    return underWay.awaitNone(deadline);
  }

  /** Lets everyone go on, with the configuration that there is now. */
  void release() {
    loggers.removeListener(guard);
    root.detachAppender(bucket);
    // Before all others: a thread that waited for too long has logged these before what comes next.
    ending = true;
    writeKept();
    loggers.getTurboFilterList().remove(gate);
    released.countDown();
    writeKept();
  }

  private void writeKept() {
    for (ILoggingEvent event = kept.poll(); event != null; event = kept.poll()) {
      log(event);
    }
  }

  /** Logs an event by the rules of the new configuration. */
  private void log(ILoggingEvent event) {
    Logger logger = loggers.getLogger(event.getLoggerName());
    Marker marker =
        event.getMarkerList() == null || event.getMarkerList().isEmpty()
            ? null
            : event.getMarkerList().get(0);
    Throwable throwable =
        event.getThrowableProxy() instanceof ThrowableProxy proxy ? proxy.getThrowable() : null;
    if (decide(
            marker,
            logger,
            event.getLevel(),
            event.getMessage(),
            event.getArgumentArray(),
            throwable)
        == FilterReply.ACCEPT) {
      logger.callAppenders(event);
    }
  }

  /** A whole answer: the filters that the thread would ask next may be those of before. */
  private FilterReply decide(
      @Nullable Marker marker,
      Logger logger,
      Level level,
      @Nullable String format,
      Object @Nullable [] arguments,
      @Nullable Throwable throwable) {
    FilterReply reply =
        loggers
            .getTurboFilterList()
            .getTurboFilterChainDecision(marker, logger, level, format, arguments, throwable);
    if (reply != FilterReply.NEUTRAL) {
      return reply;
    }
    return level.isGreaterOrEqual(logger.getEffectiveLevel())
        ? FilterReply.ACCEPT
        : FilterReply.DENY;
  }

  /** Waits for the release. */
  private boolean awaitRelease() {
    if (Thread.currentThread() == owner) {
      return released.getCount() == 0;
    }
    boolean interrupted = false;
    long end = System.nanoTime() + patience;
    try {
      while (true) {
        try {
          return released.await(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void keep(ILoggingEvent event) {
    event.prepareForDeferredProcessing();
    kept.add(event);
    if (released.getCount() == 0) {
      writeKept();
    }
  }

  /** Within an event: of an appender, or of an argument's {@code toString}. */
  private static boolean isWithinEvent() {
    return StackWalker.getInstance()
        .walk(
            frames ->
                frames.anyMatch(
                    frame ->
                        frame.getClassName().equals(LOGGER)
                            && frame.getMethodName().equals(APPENDING)));
  }

  /** Where events wait. */
  private final class Gate extends TurboFilter {

    @Override
    public FilterReply decide(
        @Nullable Marker marker,
        Logger logger,
        Level level,
        @Nullable String format,
        Object @Nullable [] arguments,
        @Nullable Throwable throwable) {
      // The hold waits for the event around this one.
      if (Thread.currentThread() == owner ? ending : isWithinEvent()) {
        return FilterReply.NEUTRAL;
      }
      if (awaitRelease()) {
        return EventHold.this.decide(marker, logger, level, format, arguments, throwable);
      }
      if (format == null && throwable == null) {
        return FilterReply.NEUTRAL; // whether it would be logged is asked
      }
      LoggingEvent event = new LoggingEvent(LOGGER, logger, level, format, throwable, arguments);
      if (marker != null) {
        event.addMarker(marker);
      }
      keep(event);
      return FilterReply.DENY;
    }

    /** The reset has stopped all appenders, and takes the filters out next. */
    @Override
    public void stop() {
      if (released.getCount() == 0) {
        return;
      }
      bucket.start();
      root.addAppender(bucket);
      root.setLevel(Level.TRACE);
      if (!loggers.getCopyOfListenerList().contains(guard)) {
        loggers.addListener(guard);
      }
    }
  }

  /** Where events wait while the filters are out. */
  private final class Bucket extends AppenderBase<ILoggingEvent> {

    /** Not the super class's, which takes one event at a time. */
    @Override
    public void doAppend(ILoggingEvent event) {
      if (awaitRelease()) {
        log(event);
      } else {
        keep(event);
      }
    }

    @Override
    protected void append(ILoggingEvent event) {
      doAppend(event);
    }
  }

  /** Puts the filter back after a reset. */
  private final class Guard implements LoggerContextListener {

    @Override
    public boolean isResetResistant() {
      return true;
    }

    @Override
    public void onReset(LoggerContext reset) {
      loggers.getTurboFilterList().add(0, gate);
      try {
        awaitQuiet(Deadline.after(Duration.ofNanos(patience)));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      root.detachAppender(bucket);
      root.setLevel(Level.DEBUG); // as every reset leaves it
    }

    @Override
    public void onStart(LoggerContext started) {}

    @Override
    public void onStop(LoggerContext stopped) {}

    @Override
    public void onLevelChange(Logger logger, Level level) {}
  }
}
