/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.event;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggerContextListener;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.spi.FilterReply;
import dev.cracadapters.core.Deadline;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;

/**
 * A context whose threads the {@link LoggerGate} holds while it is configured anew.
 *
 * <p>A reset takes the gate out of the context. Before, it stops each turbo filter, when the
 * appenders are gone already: that is the moment to attach an appender to the root logger, where
 * events wait as well. A little later it notifies the context's listeners: that is the moment to
 * put the gate back. A thread that waited in either place gets the new configuration's answer at
 * the end.
 */
final class HeldContext {

  private final LoggerContext context;
  private final LoggerGate gate;
  private final Logger root;
  private final Thread owner = Thread.currentThread();
  private final Bucket bucket = new Bucket();
  private final Guard guard = new Guard();
  private final EventsUnderWay underWay = new EventsUnderWay(owner);
  private final Queue<ILoggingEvent> kept = new ConcurrentLinkedQueue<>();
  private volatile boolean released;

  /** Whether the owner writes what was kept. Read and written on the owner only. */
  private boolean ending;

  HeldContext(LoggerContext context, LoggerGate gate) {
    this.context = context;
    this.gate = gate;
    this.root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    bucket.setContext(context);
    bucket.setName("held by crac-logback");
  }

  LoggerContext context() {
    return context;
  }

  boolean awaitQuiet(Deadline deadline) throws InterruptedException {
    return underWay.awaitNone(deadline);
  }

  /** Not one that logs from within an appender: the hold waits for the event around this one. */
  boolean concernsThisThread() {
    return Thread.currentThread() == owner ? !ending : !LoggerGate.isInAppender();
  }

  /** Waits for the release; false where the thread is not to wait, or has waited for too long. */
  boolean awaitRelease() {
    return released || Thread.currentThread() != owner && gate.awaitWhile(() -> !released);
  }

  /** Keeps an event until the release. */
  FilterReply keep(
      @Nullable Marker marker,
      Logger logger,
      Level level,
      @Nullable String format,
      Object @Nullable [] arguments,
      @Nullable Throwable throwable) {
    if (format == null && throwable == null) {
      return FilterReply.NEUTRAL; // whether it would be logged is asked
    }
    LoggingEvent event =
        new LoggingEvent(Logger.class.getName(), logger, level, format, throwable, arguments);
    if (marker != null) {
      event.addMarker(marker);
    }
    keep(event);
    return FilterReply.DENY;
  }

  private void keep(ILoggingEvent event) {
    event.prepareForDeferredProcessing();
    kept.add(event);
    if (released) {
      writeKept();
    }
  }

  /** The reset takes the filters out. */
  void onFiltersRemoved() {
    bucket.start();
    root.addAppender(bucket);
    root.setLevel(Level.TRACE);
    if (!context.getCopyOfListenerList().contains(guard)) {
      context.addListener(guard);
    }
  }

  /**
   * Writes what a thread has logged that waited for too long: it comes before what it logs next.
   */
  void writeBeforeAll() {
    context.removeListener(guard);
    root.detachAppender(bucket);
    ending = true;
    writeKept();
  }

  void release() {
    released = true;
  }

  void writeKept() {
    for (ILoggingEvent event = kept.poll(); event != null; event = kept.poll()) {
      log(event);
    }
  }

  /** Logs an event by the rules of the new configuration. */
  private void log(ILoggingEvent event) {
    Logger logger = context.getLogger(event.getLoggerName());
    List<Marker> markers = event.getMarkerList();
    Marker marker = markers == null || markers.isEmpty() ? null : markers.get(0);
    Throwable throwable =
        event.getThrowableProxy() instanceof ThrowableProxy proxy ? proxy.getThrowable() : null;
    if (gate.decideByOthers(
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

  /** Where events wait while the filters are out. */
  final class Bucket extends AppenderBase<ILoggingEvent> {

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

  /** Puts the gate back after a reset. */
  private final class Guard implements LoggerContextListener {

    @Override
    public boolean isResetResistant() {
      return true;
    }

    @Override
    public void onReset(LoggerContext reset) {
      gate.addTo(context);
      try {
        awaitQuiet(gate.patience());
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
