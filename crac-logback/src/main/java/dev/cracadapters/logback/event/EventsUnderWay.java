/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.event;

import ch.qos.logback.classic.Logger;
import dev.cracadapters.core.Deadline;
import java.time.Duration;

/**
 * Events that are past the filters and not written yet: of threads with a frame of Logback's {@code
 * Logger} on their stack. Counting them would need something in the path of every event.
 *
 * @param owner the thread that does not count
 */
record EventsUnderWay(Thread owner) {

  /** How long virtual threads, whose stacks cannot be seen, have to come out of Logback. */
  private static final Duration VIRTUAL_THREADS = Duration.ofMillis(100);

  private static final String LOGGER = Logger.class.getName();
  private static final String CARRIER = "jdk.internal.misc.CarrierThread";

  /**
   * What the names of classes begin with in which threads wait, and the one that is an appender.
   */
  private static final String PARTS = HeldContext.class.getName();

  private static final String BUCKET = HeldContext.Bucket.class.getName();

  /** Waits until there is none; false if there is one at the deadline. */
  boolean awaitNone(Deadline deadline) throws InterruptedException {
    boolean[] virtual = {false};
    if (!deadline.await(() -> isQuiet(virtual))) {
      return false;
    }
    if (virtual[0]) {
      Deadline.after(VIRTUAL_THREADS).await(() -> false);
      return deadline.await(() -> isQuiet(virtual));
    }
    return true;
  }

  private boolean isQuiet(boolean[] virtual) {
    for (var entry : Thread.getAllStackTraces().entrySet()) {
      virtual[0] |= entry.getKey().getClass().getName().equals(CARRIER);
      if (entry.getKey() != owner && isUnderWay(entry.getValue())) {
        return false;
      }
    }
    return true;
  }

  /** One that waits is not, unless within another event: in the bucket it is within its own. */
  private boolean isUnderWay(StackTraceElement[] stack) {
    boolean waits = false;
    int events = 0;
    for (StackTraceElement frame : stack) {
      String name = frame.getClassName();
      if (name.equals(BUCKET)) {
        events--;
      }
      if (name.startsWith(PARTS)) {
        waits = true;
      } else if (name.equals(LOGGER)) {
        if (!waits) {
          return true;
        }
        events += frame.getMethodName().equals("callAppenders") ? 1 : 0;
      }
    }
    return events > 0;
  }
}
