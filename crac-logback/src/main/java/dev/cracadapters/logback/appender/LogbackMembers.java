/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.appender;

import ch.qos.logback.core.AsyncAppenderBase;
import ch.qos.logback.core.BasicStatusManager;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import ch.qos.logback.core.recovery.ResilientOutputStreamBase;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeAndTimeBasedFileNamingAndTriggeringPolicy;
import ch.qos.logback.core.rolling.TimeBasedFileNamingAndTriggeringPolicyBase;
import ch.qos.logback.core.rolling.TimeBasedRollingPolicy;
import ch.qos.logback.core.rolling.TriggeringPolicy;
import ch.qos.logback.core.sift.AppenderFactory;
import ch.qos.logback.core.sift.AppenderTracker;
import ch.qos.logback.core.sift.SiftingAppenderBase;
import ch.qos.logback.core.status.OnFileStatusListener;
import ch.qos.logback.core.status.StatusManager;
import dev.cracadapters.core.support.InternalField;
import dev.cracadapters.core.support.LibraryInternals;
import java.io.File;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Instant;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * The fields of Logback that are not public and that a file cannot be closed, renamed or rolled
 * before its time without. All are looked up at the start of the application, not in the middle of
 * a checkpoint.
 *
 * <p>Why they are needed: {@code OutputStreamAppender.setOutputStream} and {@code
 * closeOutputStream} write the encoder's footer and header, and {@code setTriggeringPolicy} and
 * {@code setFile} report that they are late, so the fields are set instead, under the locks that
 * Logback guards them with.
 */
public final class LogbackMembers {

  /** Where the members are looked up. */
  public static final LibraryInternals LIBRARY =
      LibraryInternals.of("Logback", OutputStreamAppender.class, "crac-logback");

  /** The lock under which an appender writes and changes its stream. */
  public final InternalField<ReentrantLock> writeLock =
      LIBRARY.field(OutputStreamAppender.class, "streamWriteLock", ReentrantLock.class);

  /** Set under the {@link #writeLock}. */
  public final InternalField<OutputStream> stream =
      LIBRARY.field(OutputStreamAppender.class, "outputStream", OutputStream.class);

  private final InternalField<OutputStream> inner =
      LIBRARY.field(ResilientOutputStreamBase.class, "os", OutputStream.class);

  /** Set under the {@link #writeLock} for an appender whose own {@code start} stopped it. */
  public final InternalField<Boolean> started =
      LIBRARY.field(UnsynchronizedAppenderBase.class, "started", boolean.class);

  /** The lock under which an appender asks whether to roll over, and does so. */
  public final InternalField<Lock> triggeringLock =
      LIBRARY.field(RollingFileAppender.class, "triggeringPolicyLock", Lock.class);

  /** What decides whether an appender rolls over. */
  public final InternalField<TriggeringPolicy<?>> triggeringPolicy =
      LIBRARY.field(RollingFileAppender.class, "triggeringPolicy", TriggeringPolicy.class);

  private final InternalField<Future<?>> compression =
      LIBRARY.field(TimeBasedRollingPolicy.class, "compressionFuture", Future.class);
  private final InternalField<Future<?>> cleanUp =
      LIBRARY.field(TimeBasedRollingPolicy.class, "cleanUpFuture", Future.class);

  /** The thread that writes what an asynchronous appender has queued. */
  final InternalField<Thread> worker =
      LIBRARY.field(AsyncAppenderBase.class, "worker", Thread.class);

  /** The queue of an asynchronous appender, null before it was first started. */
  final InternalField<BlockingQueue<?>> queue =
      LIBRARY.field(AsyncAppenderBase.class, "blockingQueue", BlockingQueue.class);

  /** What finds or builds a sifting appender's children; set under the appender's monitor. */
  final InternalField<AppenderTracker<?>> tracker =
      LIBRARY.field(SiftingAppenderBase.class, "appenderTracker", AppenderTracker.class);

  private final InternalField<AppenderFactory<?>> factory =
      LIBRARY.field(SiftingAppenderBase.class, "appenderFactory", AppenderFactory.class);
  private final InternalField<AppenderFactory<?>> trackersFactory =
      LIBRARY.field(AppenderTracker.class, "appenderFactory", AppenderFactory.class);

  /** What a status listener prints to, null before it was started; set under its lock. */
  public final InternalField<PrintStream> statusStream =
      LIBRARY.field(OnFileStatusListener.class, "ps", PrintStream.class);

  private final InternalField<Object> statusLock =
      LIBRARY.field(BasicStatusManager.class, "statusListenerListLock", Object.class);

  /** The File property. */
  public final InternalField<String> fileName =
      LIBRARY.field(FileAppender.class, "fileName", String.class);

  /** The file that a rolling appender's triggering policy is asked about. */
  public final InternalField<File> activeFile =
      LIBRARY.field(RollingFileAppender.class, "currentlyActiveFile", File.class);

  /** The name that the next rollover gives to the file. */
  public final InternalField<String> elapsed =
      LIBRARY.field(
          TimeBasedFileNamingAndTriggeringPolicyBase.class, "elapsedPeriodsFileName", String.class);

  /** A time in the period that the file is of. */
  public final InternalField<Instant> date =
      LIBRARY.field(
          TimeBasedFileNamingAndTriggeringPolicyBase.class, "dateInCurrentPeriod", Instant.class);

  /** When the period is over. */
  public final InternalField<AtomicLong> nextCheck =
      LIBRARY.field(
          TimeBasedFileNamingAndTriggeringPolicyBase.class, "atomicNextCheck", AtomicLong.class);

  /** The index that the file gets when it is rolled. */
  public final InternalField<Integer> counter =
      LIBRARY.field(
          SizeAndTimeBasedFileNamingAndTriggeringPolicy.class, "currentPeriodsCounter", int.class);

  /**
   * The stream that tells of its failures. Logback's own file stream keeps them to itself, drops
   * what it could not write, and opens the file anew some time later.
   */
  public OutputStream inner(OutputStream outer) {
    OutputStream found = outer instanceof ResilientOutputStreamBase ? inner.find(outer) : null;
    return found == null ? outer : found;
  }

  /** The compression and the clean-up that the last rollover started, if any. */
  public Stream<Future<?>> archiving(TimeBasedRollingPolicy<?> policy) {
    return Stream.of(compression, cleanUp)
        .flatMap(field -> Stream.<Future<?>>ofNullable(field.find(policy)));
  }

  /** The monitor under which Logback tells its status listeners. */
  public Object statusLock(StatusManager statuses) {
    return statuses instanceof BasicStatusManager ? statusLock.get(statuses) : statuses;
  }

  /** What builds a sifting appender's children. */
  @SuppressWarnings("unchecked")
  public <E> AppenderFactory<E> factory(SiftingAppenderBase<E> appender) {
    return (AppenderFactory<E>) factory.get(appender);
  }

  /** Sets what builds a sifting appender's children; the caller holds its monitor. */
  public <E> void setFactory(
      SiftingAppenderBase<E> appender, AppenderTracker<E> tracker, AppenderFactory<E> value) {
    appender.setAppenderFactory(value);
    trackersFactory.set(tracker, value);
  }
}
