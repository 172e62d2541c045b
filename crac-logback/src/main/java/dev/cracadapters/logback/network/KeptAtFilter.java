/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.network;

import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.FilterAttachableImpl;
import ch.qos.logback.core.spi.FilterReply;
import dev.cracadapters.logback.event.EventBound;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the events of an appender that has nothing to send them through. It stands in the place of
 * the appender's filters, which it asks first: an event passes them once, when it is logged. The
 * appender asks under its own monitor; while it is held no event is on its way, which is why all
 * else here is to be called under it.
 */
final class KeptAtFilter<E> extends Filter<E> {

  private final AppenderBase<E> appender;
  private final NetworkMembers fields;
  private final EventsToSend<E> kept;
  private @Nullable FilterAttachableImpl<E> original;
  private @Nullable FilterAttachableImpl<E> standIn;

  /** Leaves the appender as it is. */
  KeptAtFilter(AppenderBase<E> appender, NetworkMembers fields, EventBound bound) {
    this.appender = appender;
    this.fields = fields;
    this.kept = new EventsToSend<>(appender, bound);
  }

  /** From now on events are kept. */
  @SuppressWarnings("unchecked") // filters of the appender's own events
  void install() {
    if (standIn == null) {
      original = (FilterAttachableImpl<E>) fields.filters.get(appender);
      standIn = new FilterAttachableImpl<>();
      standIn.addFilter(this);
      kept.begin();
      fields.filters.set(appender, standIn);
    }
  }

  @Override
  public FilterReply decide(E event) {
    if (original != null && original.getFilterChainDecision(event) != FilterReply.DENY) {
      kept.keep(event, true); // a pattern may ask for the place in the code
    }
    return FilterReply.DENY;
  }

  private void deliverAndLift() {
    if (standIn == null || original == null) {
      return;
    }
    fields.filters.set(appender, new FilterAttachableImpl<>());
    try {
      while (!kept.isEmpty()) {
        appender.doAppend(kept.pollFirst());
      }
    } finally {
      fields.filters.set(appender, standIn);
    }
    for (Filter<E> filter : standIn.getCopyOfAttachedFiltersList()) {
      if (filter != this) {
        original.addFilter(filter);
      }
    }
    fields.filters.set(appender, original);
    standIn = null;
    kept.hasRoom();
    kept.reportDropped();
  }

  /**
   * Gives the appender all that was kept, past its filters, and then its filters back; also where
   * it was stopped with events to send.
   */
  void deliver() {
    if (appender.isStarted() || kept.isEmpty()) {
      deliverAndLift();
      return;
    }
    appender.start();
    try {
      if (!appender.isStarted()) {
        appender.addError(
            "%d events of the stopped appender [%s] are lost, since it cannot be started to send them"
                .formatted(kept.count(), appender.getName()));
        kept.clear();
      }
      deliverAndLift();
    } finally {
      appender.stop();
    }
  }
}
