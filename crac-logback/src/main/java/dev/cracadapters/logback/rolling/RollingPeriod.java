/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.rolling;

import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeAndTimeBasedFileNamingAndTriggeringPolicy;
import ch.qos.logback.core.rolling.TimeBasedFileNamingAndTriggeringPolicyBase;
import ch.qos.logback.core.rolling.TimeBasedRollingPolicy;
import ch.qos.logback.core.rolling.helper.DateTokenConverter;
import ch.qos.logback.core.rolling.helper.FileNamePattern;
import ch.qos.logback.core.rolling.helper.RollingCalendar;
import dev.cracadapters.logback.appender.LogbackMembers;
import java.io.File;
import java.time.Instant;
import java.util.Locale;
import java.util.TimeZone;
import org.jspecify.annotations.Nullable;

/**
 * The period that a time-based policy's file is of, and the names of that period's archives. The
 * policy has both in its memory, which comes back with the process, while the archives in the
 * folder may be others by then: those of the process that was left running, or of another clone.
 * The caller holds the appender's write lock.
 */
record RollingPeriod(
    TimeBasedRollingPolicy<?> policy,
    TimeBasedFileNamingAndTriggeringPolicyBase<?> naming,
    LogbackMembers fields) {

  /** The period of an appender, null for one that does not roll by time. */
  static @Nullable RollingPeriod of(FileAppender<?> appender, LogbackMembers fields) {
    return appender instanceof RollingFileAppender<?> rolling
            && rolling.getRollingPolicy() instanceof TimeBasedRollingPolicy<?> policy
            && policy.isStarted()
            && policy.getTimeBasedFileNamingAndTriggeringPolicy()
                instanceof TimeBasedFileNamingAndTriggeringPolicyBase<?> naming
        ? new RollingPeriod(policy, naming, fields)
        : null;
  }

  /** Tells whether the policy numbers the archives of one period. */
  boolean isIndexed() {
    return indexed() != null;
  }

  private @Nullable SizeAndTimeBasedFileNamingAndTriggeringPolicy<?> indexed() {
    return naming instanceof SizeAndTimeBasedFileNamingAndTriggeringPolicy<?> sized ? sized : null;
  }

  Instant date() {
    return fields.date.get(naming);
  }

  /** Tells whether the next event rolls the file over. */
  boolean isOver() {
    return naming.getCurrentTime() >= fields.nextCheck.get(naming).get();
  }

  /** The present, as the policy sees it. */
  Instant now() {
    return Instant.ofEpochMilli(naming.getCurrentTime());
  }

  /** Says that the file is of the period of a time, as the policy does at its own start. */
  void moveTo(Instant time) {
    long end = calendar().getNextTriggeringDate(time).toEpochMilli();
    boolean another = fields.nextCheck.get(naming).getAndSet(end) != end;
    fields.date.set(naming, time);
    if (another && indexed() != null) {
      fields.counter.set(indexed(), 0);
    }
  }

  /**
   * The name, without the suffix of compression, under which Logback would roll the file next.
   *
   * @param time in the period that the file is of
   * @param index counts for a policy that numbers
   */
  String archive(Instant time, int index) {
    return uncompressed().convertMultipleArguments(time, index);
  }

  /** The name under which Logback rolls the file next. */
  String archive() {
    return archive(date(), counter());
  }

  /** Tells whether there is an archive of a name already, compressed or not. */
  boolean isTaken(String archive) {
    return new File(archive).exists() || isCompressed(archive);
  }

  boolean isCompressed(String archive) {
    String suffix = RestoredName.compression(pattern());
    return !suffix.isEmpty() && new File(archive + suffix).exists();
  }

  /** Takes the next index under which nothing would be overwritten. */
  void skipTaken() {
    if (indexed() == null) {
      return;
    }
    boolean named = policy.getParentsRawFileProperty() != null;
    int next = counter();
    // Without a File property the file that is written has its archive's name from the start.
    while (named
        ? isTaken(archive(date(), next))
        : isCompressed(archive(date(), next)) && !new File(archive(date(), next)).exists()) {
      next++;
    }
    fields.counter.set(indexed(), next);
  }

  /** Leaves the index of the file that has just been rolled. */
  void nextIndex() {
    if (indexed() != null) {
      fields.counter.set(indexed(), counter() + 1);
      while (isTaken(archive())) {
        fields.counter.set(indexed(), counter() + 1);
      }
    }
  }

  /** Has the policy's next rollover name the file so. */
  void nameNext(String archive) {
    fields.elapsed.set(naming, archive);
  }

  /** The pattern of the archives, as the policy has it. */
  String pattern() {
    return policy.getFileNamePattern();
  }

  FileNamePattern pattern(String text) {
    return new FileNamePattern(text, policy.getContext());
  }

  /** The periods of the pattern's date. */
  RollingCalendar calendar() {
    DateTokenConverter<Object> token = pattern(pattern()).getPrimaryDateTokenConverter();
    return token.getZoneId() == null
        ? new RollingCalendar(token.getDatePattern())
        : new RollingCalendar(
            token.getDatePattern(), TimeZone.getTimeZone(token.getZoneId()), Locale.getDefault());
  }

  private int counter() {
    return indexed() == null ? 0 : fields.counter.get(indexed());
  }

  private FileNamePattern uncompressed() {
    String text = pattern();
    return pattern(text.substring(0, text.length() - RestoredName.compression(text).length()));
  }
}
