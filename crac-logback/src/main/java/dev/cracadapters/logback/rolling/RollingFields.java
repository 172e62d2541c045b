/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.rolling;

import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeAndTimeBasedFileNamingAndTriggeringPolicy;
import ch.qos.logback.core.rolling.TimeBasedFileNamingAndTriggeringPolicyBase;
import ch.qos.logback.core.sift.AppenderFactory;
import ch.qos.logback.core.sift.AppenderTracker;
import ch.qos.logback.core.sift.SiftingAppenderBase;
import dev.cracadapters.core.support.InternalField;
import dev.cracadapters.logback.appender.LogbackFields;
import java.io.File;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The further fields of Logback that are not public and that a file cannot be given another name,
 * or be rolled before its time, without. As for {@link LogbackFields}, all are looked up at the
 * start.
 */
public final class RollingFields {

  private final InternalField<String> fileName =
      LogbackFields.LIBRARY.field(FileAppender.class, "fileName", String.class);
  private final InternalField<File> activeFile =
      LogbackFields.LIBRARY.field(RollingFileAppender.class, "currentlyActiveFile", File.class);
  private final InternalField<String> elapsed =
      LogbackFields.LIBRARY.field(
          TimeBasedFileNamingAndTriggeringPolicyBase.class, "elapsedPeriodsFileName", String.class);
  private final InternalField<Instant> date =
      LogbackFields.LIBRARY.field(
          TimeBasedFileNamingAndTriggeringPolicyBase.class, "dateInCurrentPeriod", Instant.class);
  private final InternalField<AtomicLong> nextCheck =
      LogbackFields.LIBRARY.field(
          TimeBasedFileNamingAndTriggeringPolicyBase.class, "atomicNextCheck", AtomicLong.class);
  private final InternalField<Integer> counter =
      LogbackFields.LIBRARY.field(
          SizeAndTimeBasedFileNamingAndTriggeringPolicy.class, "currentPeriodsCounter", int.class);
  private final InternalField<AppenderFactory<?>> factory =
      LogbackFields.LIBRARY.field(
          SiftingAppenderBase.class, "appenderFactory", AppenderFactory.class);
  private final InternalField<AppenderFactory<?>> trackersFactory =
      LogbackFields.LIBRARY.field(AppenderTracker.class, "appenderFactory", AppenderFactory.class);

  /** Sets the File property; a rolling appender's own setter reports that it is late. */
  void setFileName(FileAppender<?> appender, String value) {
    fileName.set(appender, value);
  }

  /** Sets the file that a rolling appender's triggering policy is asked about. */
  void setActiveFile(RollingFileAppender<?> appender, File value) {
    activeFile.set(appender, value);
  }

  /** Sets the name that the next rollover gives to the file. */
  void setElapsed(TimeBasedFileNamingAndTriggeringPolicyBase<?> policy, String value) {
    elapsed.set(policy, value);
  }

  /** A time in the period that the file is of. */
  Instant date(TimeBasedFileNamingAndTriggeringPolicyBase<?> policy) {
    return date.get(policy);
  }

  /** Sets a time in the period that the file is of. */
  void setDate(TimeBasedFileNamingAndTriggeringPolicyBase<?> policy, Instant value) {
    date.set(policy, value);
  }

  /** When the period is over. */
  AtomicLong nextCheck(TimeBasedFileNamingAndTriggeringPolicyBase<?> policy) {
    return nextCheck.get(policy);
  }

  /** The index that the file gets when it is rolled. */
  int counter(SizeAndTimeBasedFileNamingAndTriggeringPolicy<?> policy) {
    return counter.get(policy);
  }

  /** Sets the index that the file gets when it is rolled. */
  void setCounter(SizeAndTimeBasedFileNamingAndTriggeringPolicy<?> policy, int value) {
    counter.set(policy, value);
  }

  /** What builds a sifting appender's children. */
  @SuppressWarnings("unchecked")
  <E> AppenderFactory<E> factory(SiftingAppenderBase<E> appender) {
    return (AppenderFactory<E>) factory.get(appender);
  }

  /** Sets what builds a sifting appender's children; the caller holds its monitor. */
  <E> void setFactory(
      SiftingAppenderBase<E> appender, AppenderTracker<E> tracker, AppenderFactory<E> value) {
    appender.setAppenderFactory(value);
    trackersFactory.set(tracker, value);
  }
}
