/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import dev.cracadapters.core.Deadline;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Bounded waiting. */
final class Deadlines {

  private Deadlines() {}

  static void within(Duration bound, BooleanSupplier condition) throws InterruptedException {
    if (!Deadline.after(bound).await(condition)) {
      throw new AssertionError("not within " + bound);
    }
  }

  /** Lets time pass where the test is about something that does not happen. */
  static void pass(Duration duration) throws InterruptedException {
    Deadline.after(duration).await(() -> false);
  }
}
