/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.DeferredProcessingAware;
import ch.qos.logback.core.spi.FilterAttachableImpl;
import ch.qos.logback.core.spi.FilterReply;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the events of an appender that has nothing to send them through. It stands in the place of
 * the appender's filters, which it asks first: an event passes them once, when it is logged. The
 * appender asks under its own monitor; who holds that knows that no event is on its way, which is
 * why all else here is to be called under it.
 */
final class KeptAtFilter<E> extends Filter<E> {

  private final AppenderBase<E> appender;
  private final LogbackNetFields fields;
  private final EventBound bound;
  private final Consumer<? super E> prepare;
  private final Deque<E> kept = new ArrayDeque<>();
  private @Nullable FilterAttachableImpl<E> original;
  private @Nullable FilterAttachableImpl<E> standIn;
  private long dropped;

  /**
   * Prepares, and leaves the appender as it is.
   *
   * @param bound how many events are kept, and what happens to further ones
   * @param callerData whether the place in the code is found out, too, which only the thread that
   *     logs can do
   */
  KeptAtFilter(
      AppenderBase<E> appender, LogbackNetFields fields, EventBound bound, boolean callerData) {
    this(appender, fields, bound, event -> prepare(event, callerData));
  }

  /**
   * Prepares, and leaves the appender as it is.
   *
   * @param bound how many events are kept, and what happens to further ones
   * @param prepare has an event remember what only the thread that logs knows
   */
  KeptAtFilter(
      AppenderBase<E> appender,
      LogbackNetFields fields,
      EventBound bound,
      Consumer<? super E> prepare) {
    this.appender = appender;
    this.fields = fields;
    this.bound = bound;
    this.prepare = prepare;
  }

  /** From now on events are kept. */
  void install() {
    if (standIn == null) {
      original = fields.filters(appender);
      standIn = new FilterAttachableImpl<>();
      standIn.addFilter(this);
      bound.begin();
      fields.setFilters(appender, standIn);
    }
  }

  @Override
  public FilterReply decide(E event) {
    if (original != null && original.getFilterChainDecision(event) != FilterReply.DENY) {
      keep(event);
    }
    return FilterReply.DENY;
  }

  private void keep(E event) {
    prepare.accept(event);
    if (bound.dropsOldestOf(kept.size())) {
      kept.remove();
      dropped++;
    }
    kept.add(event);
    bound.kept(this, kept.size());
  }

  /** Has an event remember what only the thread that logs knows. */
  static void prepare(Object event, boolean callerData) {
    if (event instanceof DeferredProcessingAware aware) {
      aware.prepareForDeferredProcessing();
    }
    if (callerData && event instanceof ILoggingEvent logged) {
      logged.getCallerData();
    }
  }

  int size() {
    return kept.size();
  }

  /** Throws away all that was kept. */
  void discard() {
    kept.clear();
  }

  /** Gives the appender so many of the events that were kept, past its filters. */
  void deliver(int most) {
    if (standIn == null) {
      return;
    }
    fields.setFilters(appender, new FilterAttachableImpl<>());
    try {
      for (int i = 0; i < most && !kept.isEmpty(); i++) {
        appender.doAppend(kept.remove());
      }
    } finally {
      fields.setFilters(appender, standIn);
    }
  }

  /** Gives the appender all that was kept, and its filters back. */
  void deliverAndLift() {
    if (standIn == null || original == null) {
      return;
    }
    deliver(Integer.MAX_VALUE);
    for (Filter<E> filter : standIn.getCopyOfAttachedFiltersList()) {
      if (filter != this) {
        original.addFilter(filter);
      }
    }
    fields.setFilters(appender, original);
    standIn = null;
    bound.hasRoom(this);
    tellOfDropped(appender, dropped);
    dropped = 0;
  }

  /** As {@link #deliverAndLift()} for an appender that was stopped with events to send. */
  void deliverStopped() {
    if (kept.isEmpty()) {
      deliverAndLift();
      return;
    }
    appender.start();
    try {
      if (!appender.isStarted()) {
        appender.addError(
            "%d events of the stopped appender [%s] are lost, since it cannot be started to send them"
                .formatted(kept.size(), appender.getName()));
        kept.clear();
      }
      deliverAndLift();
    } finally {
      appender.stop();
    }
  }

  static void tellOfDropped(AppenderBase<?> appender, long dropped) {
    if (dropped > 0) {
      appender.addWarn(
          "%d events of appender [%s] were lost during the checkpoint, since no more were kept (buffer-size)"
              .formatted(dropped, appender.getName()));
    }
  }
}
