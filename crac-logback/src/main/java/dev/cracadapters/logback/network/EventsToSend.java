/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.network;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.spi.DeferredProcessingAware;
import dev.cracadapters.logback.event.EventBound;
import dev.cracadapters.logback.event.KeptEvents;
import org.jspecify.annotations.Nullable;

/**
 * The events that are kept for a closed connection. In a process that is in service again no thread
 * waits for a peer, and the oldest are dropped in any case. Not thread-safe.
 */
final class EventsToSend<E> extends KeptEvents<E> {

  /** What the objects of an event take, without its texts. */
  private static final int OBJECTS_BYTES = 256;

  private static final int STACK_FRAME_BYTES = 100;

  private final AppenderBase<?> appender;
  private long dropped;
  private String reached = "";

  EventsToSend(AppenderBase<?> appender, EventBound bound) {
    super(bound, EventsToSend::bytes);
    this.appender = appender;
  }

  /** Called before events are */
  void begin() {
    bound.begin();
  }

  /**
   * Keeps an event with what only the thread that logs knows.
   *
   * @param callerData whether the place in the code is found out, too
   */
  void keep(E event, boolean callerData) {
    if (event instanceof DeferredProcessingAware aware) {
      aware.prepareForDeferredProcessing();
    }
    if (callerData && event instanceof ILoggingEvent logged) {
      logged.getCallerData();
    }
    if (bound.dropsOldestNow()) {
      String reachedNow = bound.reachedBy(count());
      int droppedNow = addDroppingOldest(event);
      if (droppedNow > 0) {
        reached = reachedNow;
        dropped += droppedNow;
      }
    } else {
      addLast(event);
    }
    if (isFull()) {
      bound.onFull(this);
    }
  }

  /** No thread has to wait any more. */
  void hasRoom() {
    bound.hasRoom(this);
  }

  /** Says in Logback's status list how many events were dropped, and counts anew. */
  void reportDropped() {
    if (dropped > 0) {
      appender.addWarn(
          "%d events of appender [%s] were lost during the checkpoint, since no more were kept (%s)"
              .formatted(dropped, appender.getName(), reached));
    }
    dropped = 0;
  }

  /** An estimate: the texts that an event has, and its objects. */
  static int bytes(Object event) {
    if (!(event instanceof ILoggingEvent logged)) {
      return OBJECTS_BYTES;
    }
    long bytes = OBJECTS_BYTES + chars(logged.getFormattedMessage());
    for (var entry : logged.getMDCPropertyMap().entrySet()) {
      bytes += chars(entry.getKey()) + chars(entry.getValue());
    }
    IThrowableProxy thrown = logged.getThrowableProxy();
    for (int depth = 0; thrown != null && depth < 50; depth++, thrown = thrown.getCause()) {
      bytes += chars(thrown.getMessage());
      bytes += (long) STACK_FRAME_BYTES * thrown.getStackTraceElementProxyArray().length;
    }
    return (int) Math.min(bytes, Integer.MAX_VALUE);
  }

  private static long chars(@Nullable String text) {
    return text == null ? 0 : 2L * text.length();
  }
}
