/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.rolling;

import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeAndTimeBasedFileNamingAndTriggeringPolicy;
import ch.qos.logback.core.rolling.TimeBasedFileNamingAndTriggeringPolicyBase;
import ch.qos.logback.core.sift.AppenderFactory;
import ch.qos.logback.core.sift.AppenderTracker;
import ch.qos.logback.core.sift.SiftingAppenderBase;
import dev.cracadapters.logback.appender.LogbackFields;
import java.io.File;
import java.lang.reflect.Field;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The further parts of Logback that are not public and that a file cannot be given another name, or
 * be rolled before its time, without. As for {@link LogbackFields}, all are tried at the start.
 */
public final class RollingFields {

  private final Field fileName = field(FileAppender.class, "fileName", String.class);
  private final Field activeFile =
      field(RollingFileAppender.class, "currentlyActiveFile", File.class);
  private final Field elapsed =
      field(
          TimeBasedFileNamingAndTriggeringPolicyBase.class, "elapsedPeriodsFileName", String.class);
  private final Field date =
      field(TimeBasedFileNamingAndTriggeringPolicyBase.class, "dateInCurrentPeriod", Instant.class);
  private final Field nextCheck =
      field(TimeBasedFileNamingAndTriggeringPolicyBase.class, "atomicNextCheck", AtomicLong.class);
  private final Field counter =
      field(
          SizeAndTimeBasedFileNamingAndTriggeringPolicy.class, "currentPeriodsCounter", int.class);
  private final Field factory =
      field(SiftingAppenderBase.class, "appenderFactory", AppenderFactory.class);
  private final Field trackersFactory =
      field(AppenderTracker.class, "appenderFactory", AppenderFactory.class);

  /**
   * Looks for all parts.
   *
   * @throws IllegalStateException if this Logback lacks one, or is a module that is not opened
   */
  public RollingFields() {}

  /** Sets the File property; a rolling appender's own setter reports that it is late. */
  void setFileName(FileAppender<?> appender, String value) {
    LogbackFields.set(fileName, appender, value);
  }

  /** Sets the file that a rolling appender's triggering policy is asked about. */
  void setActiveFile(RollingFileAppender<?> appender, File value) {
    LogbackFields.set(activeFile, appender, value);
  }

  /** Sets the name that the next rollover gives to the file. */
  void setElapsed(TimeBasedFileNamingAndTriggeringPolicyBase<?> policy, String value) {
    LogbackFields.set(elapsed, policy, value);
  }

  /** A time in the period that the file is of. */
  Instant date(TimeBasedFileNamingAndTriggeringPolicyBase<?> policy) {
    return (Instant) LogbackFields.present(date, policy);
  }

  /** Sets a time in the period that the file is of. */
  void setDate(TimeBasedFileNamingAndTriggeringPolicyBase<?> policy, Instant value) {
    LogbackFields.set(date, policy, value);
  }

  /** When the period is over. */
  AtomicLong nextCheck(TimeBasedFileNamingAndTriggeringPolicyBase<?> policy) {
    return (AtomicLong) LogbackFields.present(nextCheck, policy);
  }

  /** The index that the file gets when it is rolled. */
  int counter(SizeAndTimeBasedFileNamingAndTriggeringPolicy<?> policy) {
    return (Integer) LogbackFields.present(counter, policy);
  }

  /** Sets the index that the file gets when it is rolled. */
  void setCounter(SizeAndTimeBasedFileNamingAndTriggeringPolicy<?> policy, int value) {
    LogbackFields.set(counter, policy, value);
  }

  /** What builds a sifting appender's children. */
  @SuppressWarnings("unchecked")
  <E> AppenderFactory<E> factory(SiftingAppenderBase<E> appender) {
    return (AppenderFactory<E>) LogbackFields.present(factory, appender);
  }

  /** Sets what builds a sifting appender's children; the caller holds its monitor. */
  <E> void setFactory(
      SiftingAppenderBase<E> appender, AppenderTracker<E> tracker, AppenderFactory<E> value) {
    appender.setAppenderFactory(value);
    LogbackFields.set(trackersFactory, tracker, value);
  }

  private static Field field(Class<?> owner, String name, Class<?> type) {
    return LogbackFields.field(owner, name, type);
  }
}
