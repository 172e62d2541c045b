/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import ch.qos.logback.core.rolling.TimeBasedRollingPolicy;
import ch.qos.logback.core.rolling.helper.CompressionMode;
import ch.qos.logback.core.rolling.helper.Compressor;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.logback.appender.LogbackFields;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * Waits for what rollovers have started in the background: a compression has the rolled file and
 * the archive open, on a thread of the context.
 */
final class Archiving {

  private Archiving() {}

  /**
   * Waits, at most until the deadline. No rollover may begin meanwhile.
   *
   * @return whether all has ended
   */
  static boolean await(TimeBasedRollingPolicy<?> policy, LogbackFields fields, Deadline deadline)
      throws InterruptedException {
    for (Future<?> future : fields.archiving(policy).toList()) {
      try {
        future.get(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
      } catch (ExecutionException e) {
        // It has ended, which is all that counts here; Logback reports why.
        continue;
      } catch (TimeoutException e) {
        return false;
      }
    }
    // The policy knows its last compression only. The others have begun before that one, on other
    // threads of a pool that may have longer work for other appenders.
    return policy.getCompressionMode() == CompressionMode.NONE
        || deadline.await(() -> !isCompressing());
  }

  private static boolean isCompressing() {
    return Thread.getAllStackTraces().entrySet().stream()
        .anyMatch(
            entry -> isBeginning(entry.getKey(), entry.getValue()) || compresses(entry.getValue()));
  }

  private static boolean compresses(StackTraceElement[] stack) {
    return Stream.of(stack)
        .anyMatch(frame -> frame.getClassName().startsWith(Compressor.class.getName()));
  }

  /** A thread of Logback's pool that has a task, or was made for one, and has not called it yet. */
  private static boolean isBeginning(Thread thread, StackTraceElement[] stack) {
    return thread.getName().startsWith("logback-")
        && Stream.of(stack)
            .allMatch(
                frame ->
                    frame.getClassName().startsWith("java.")
                        && !frame.getMethodName().equals("getTask"));
  }
}
