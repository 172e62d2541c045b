/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import dev.cracadapters.logback.LogbackSettings.OnFull;

/**
 * How many events are kept for a connection that is closed, and what happens then. Where the oldest
 * are not to be dropped, threads that log are held up by {@link BackPressure}; what comes past it,
 * as from the thread of an asynchronous appender, is kept beyond the bound. In a process that is in
 * service again nobody is held up, and the oldest are dropped in any case.
 *
 * @param capacity how many
 * @param dropsOldest what the settings say
 * @param pressure holds up the threads
 */
record EventBound(int capacity, boolean dropsOldest, BackPressure pressure) {

  static EventBound of(LogbackSettings settings, BackPressure pressure) {
    return new EventBound(settings.bufferSize(), settings.onFull() == OnFull.DROP_OLDEST, pressure);
  }

  /** Called before events are kept. */
  void begin() {
    if (!dropsOldest) {
      pressure.install();
    }
  }

  /** Whether the oldest of so many has to go for a further one. */
  boolean dropsOldestOf(int kept) {
    return kept >= capacity && (dropsOldest || !pressure.isHolding());
  }

  /**
   * Called when one more is kept.
   *
   * @param keeper whose events they are
   * @param kept how many there are now
   */
  void kept(Object keeper, int kept) {
    if (!dropsOldest && kept >= capacity) {
      pressure.full(keeper);
    }
  }

  /** Called when nobody has to wait for the keeper any more. */
  void hasRoom(Object keeper) {
    pressure.hasRoom(keeper);
  }
}
