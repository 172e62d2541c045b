/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import ch.qos.logback.core.rolling.LengthCounter;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.TimeBasedRollingPolicy;
import ch.qos.logback.core.rolling.TriggeringPolicy;
import ch.qos.logback.core.rolling.helper.CompressionMode;
import ch.qos.logback.core.rolling.helper.Compressor;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.logback.appender.LogbackMembers;
import java.io.File;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Lock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a rolling appender from rolling over while its file is closed, since a rollover opens the
 * next file. It stands in the place of the appender's triggering policy, which is not asked
 * meanwhile and so keeps its state; the first event after the restore asks it again.
 */
final class QuietTrigger<E> implements TriggeringPolicy<E> {

  private final RollingFileAppender<E> appender;
  private final LogbackMembers fields;
  private final TriggeringPolicy<E> original;

  /**
   * Volatile, and asked at each event: a thread that still sees this policy after the original is
   * back in the appender's field, which is not volatile, gets the original's answer.
   */
  private volatile boolean quiet = true;

  private QuietTrigger(RollingFileAppender<E> appender, LogbackMembers fields) {
    this.appender = appender;
    this.fields = fields;
    this.original = appender.getTriggeringPolicy();
  }

  /**
   * Stops rollovers, and waits for the one under way with the compression it started.
   *
   * @return null for an appender that cannot roll over since it was never given a policy
   */
  static <E> @Nullable QuietTrigger<E> install(
      RollingFileAppender<E> appender, LogbackMembers fields, Deadline deadline, String file)
      throws RefusedException, InterruptedException {
    if (appender.getTriggeringPolicy() == null) {
      return null;
    }
    Lock lock = fields.triggeringLock.get(appender);
    if (!lock.tryLock(deadline.remainingNanos(), TimeUnit.NANOSECONDS)) {
      throw tooSlow(file, "is still being rolled over");
    }
    QuietTrigger<E> trigger;
    try {
      trigger = new QuietTrigger<>(appender, fields);
      fields.triggeringPolicy.set(appender, trigger);
    } finally {
      lock.unlock();
    }
    try {
      trigger.awaitArchiving(deadline, file);
    } catch (RefusedException | InterruptedException | RuntimeException e) {
      trigger.lift();
      throw e;
    }
    return trigger;
  }

  /** Lets the appender roll over again. Doing so twice does no harm. */
  void lift() {
    quiet = false;
    if (appender.getTriggeringPolicy() == this) {
      fields.triggeringPolicy.set(appender, original);
    }
  }

  /** Logback counts a file's length itself, but the file may be another after the restore. */
  void correctLength(long difference) {
    LengthCounter counter = original.getLengthCounter();
    // In prudent mode nothing is counted.
    if (counter != null && difference != 0 && !appender.isPrudent()) {
      counter.add(difference);
    }
  }

  @Override
  public boolean isTriggeringEvent(File activeFile, E event) {
    return !quiet && original.isTriggeringEvent(activeFile, event);
  }

  @Override
  public @Nullable LengthCounter getLengthCounter() {
    return original.getLengthCounter();
  }

  @Override
  public void start() {
    original.start();
  }

  @Override
  public void stop() {
    original.stop();
  }

  @Override
  public boolean isStarted() {
    return original.isStarted();
  }

  private void awaitArchiving(Deadline deadline, String file)
      throws RefusedException, InterruptedException {
    if (appender.getRollingPolicy() instanceof TimeBasedRollingPolicy<?> policy
        && !awaitArchived(policy, deadline)) {
      throw tooSlow(file, "is still compressing or cleaning up its rolled files");
    }
  }

  /**
   * Waits for what rollovers have started in the background: a compression has the rolled file and
   * the archive open, on a thread of the context.
   */
  private boolean awaitArchived(TimeBasedRollingPolicy<?> policy, Deadline deadline)
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

  static RefusedException tooSlow(String file, String what) {
    return new RefusedException(
        file,
        what + " at the end of drain-timeout",
        "Raise crac.logback.drain-timeout (with Spring: spring.crac.logback.drain-timeout)");
  }
}
