/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.event;

import dev.cracadapters.logback.LogbackSettings;
import dev.cracadapters.logback.LogbackSettings.OnFull;

/**
 * How many events are kept for one file or connection that is closed, and what happens then. Where
 * the oldest are not to be dropped, threads that log wait at the {@link LoggerGate}; what comes
 * past it, as from the thread of an asynchronous appender, is kept beyond the bound.
 *
 * @param events how many
 * @param bytes how many bytes of memory they may take
 * @param dropsOldest what the settings say
 * @param gate where threads wait
 */
public record EventBound(int events, int bytes, boolean dropsOldest, LoggerGate gate) {

  public static EventBound of(LogbackSettings settings, LoggerGate gate) {
    return new EventBound(
        settings.bufferSize(),
        settings.bufferBytes(),
        settings.onFull() == OnFull.DROP_OLDEST,
        gate);
  }

  /** Called before events are kept. */
  public void begin() {
    if (!dropsOldest) {
      gate.install();
    }
  }

  /** Tells whether a connection drops its oldest: in service no thread waits for a peer. */
  public boolean dropsOldestNow() {
    return dropsOldest || !gate.isBounding();
  }

  /** Has threads wait until the keeper has room again, unless the oldest events are dropped. */
  public void onFull(Object keeper) {
    if (!dropsOldest) {
      gate.full(keeper);
    }
  }

  /** Called when no thread has to wait for the keeper any more. */
  public void hasRoom(Object keeper) {
    gate.hasRoom(keeper);
  }

  /** The setting that so many events have reached, as messages name it. */
  public String reachedBy(int count) {
    return count >= events ? "buffer-size " + events : "buffer-bytes " + bytes;
  }
}
