/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;

/** Waiting with a bound, and a word about what did not come. */
final class Wait {

  private static final Duration INTERVAL = Duration.ofMillis(2);

  private Wait() {}

  static void until(String what, Duration bound, Callable<Boolean> condition) {
    Awaitility.await(what)
        .pollDelay(Duration.ZERO)
        .pollInterval(INTERVAL)
        .atMost(bound)
        .until(condition);
  }
}
