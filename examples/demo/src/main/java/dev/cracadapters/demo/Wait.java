/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.awaitility.pollinterval.IterativePollInterval;

/**
 * Waiting with a bound, and a word about what did not come.
 *
 * <p>What comes soon, such as a restore, is measured to 2 ms. What takes longer is asked for less
 * often: who calls a starting service 500 times a second takes the processor that it starts with.
 */
final class Wait {

  private static final Duration SHORTEST_INTERVAL = Duration.ofMillis(2);
  private static final Duration LONGEST_INTERVAL = Duration.ofMillis(20);

  private Wait() {}

  static void until(String what, Duration bound, Callable<Boolean> condition) {
    Awaitility.await(what)
        .pollDelay(Duration.ZERO)
        .pollInterval(IterativePollInterval.iterative(Wait::longer, SHORTEST_INTERVAL))
        .atMost(bound)
        .until(condition);
  }

  /** One per cent more, so that an interval is about one per cent of the time until then. */
  private static Duration longer(Duration interval) {
    Duration next = interval.plusNanos(interval.toNanos() / 100);
    return next.compareTo(LONGEST_INTERVAL) < 0 ? next : LONGEST_INTERVAL;
  }
}
