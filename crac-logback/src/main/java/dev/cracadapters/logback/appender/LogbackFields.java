/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.appender;

import ch.qos.logback.core.AsyncAppenderBase;
import ch.qos.logback.core.BasicStatusManager;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import ch.qos.logback.core.recovery.ResilientOutputStreamBase;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.TimeBasedRollingPolicy;
import ch.qos.logback.core.rolling.TriggeringPolicy;
import ch.qos.logback.core.sift.AppenderTracker;
import ch.qos.logback.core.sift.SiftingAppenderBase;
import ch.qos.logback.core.status.OnFileStatusListener;
import ch.qos.logback.core.status.StatusManager;
import dev.cracadapters.core.support.InternalField;
import dev.cracadapters.core.support.LibraryInternals;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The fields of Logback that are not public and that a file cannot be closed without. All are
 * looked up at the start of the application, not in the middle of a checkpoint.
 *
 * <p>Why they are needed: {@code OutputStreamAppender.setOutputStream} and {@code
 * closeOutputStream} write the encoder's footer and header, and {@code setTriggeringPolicy} reports
 * a warning, so the fields are set instead, under the locks that Logback guards them with.
 */
public final class LogbackFields {

  /** Where the members are looked up. */
  public static final LibraryInternals LIBRARY =
      LibraryInternals.of("Logback", OutputStreamAppender.class, "crac-logback");

  private final InternalField<ReentrantLock> writeLock =
      LIBRARY.field(OutputStreamAppender.class, "streamWriteLock", ReentrantLock.class);
  private final InternalField<OutputStream> stream =
      LIBRARY.field(OutputStreamAppender.class, "outputStream", OutputStream.class);
  private final InternalField<OutputStream> inner =
      LIBRARY.field(ResilientOutputStreamBase.class, "os", OutputStream.class);
  private final InternalField<Lock> triggeringLock =
      LIBRARY.field(RollingFileAppender.class, "triggeringPolicyLock", Lock.class);
  private final InternalField<TriggeringPolicy<?>> triggeringPolicy =
      LIBRARY.field(RollingFileAppender.class, "triggeringPolicy", TriggeringPolicy.class);
  private final InternalField<Future<?>> compression =
      LIBRARY.field(TimeBasedRollingPolicy.class, "compressionFuture", Future.class);
  private final InternalField<Future<?>> cleanUp =
      LIBRARY.field(TimeBasedRollingPolicy.class, "cleanUpFuture", Future.class);
  private final InternalField<Thread> worker =
      LIBRARY.field(AsyncAppenderBase.class, "worker", Thread.class);
  private final InternalField<BlockingQueue<?>> queue =
      LIBRARY.field(AsyncAppenderBase.class, "blockingQueue", BlockingQueue.class);
  private final InternalField<AppenderTracker<?>> tracker =
      LIBRARY.field(SiftingAppenderBase.class, "appenderTracker", AppenderTracker.class);
  private final InternalField<Boolean> started =
      LIBRARY.field(UnsynchronizedAppenderBase.class, "started", boolean.class);
  private final InternalField<PrintStream> statusStream =
      LIBRARY.field(OnFileStatusListener.class, "ps", PrintStream.class);
  private final InternalField<Object> statusLock =
      LIBRARY.field(BasicStatusManager.class, "statusListenerListLock", Object.class);

  /** The lock under which an appender writes and changes its stream. */
  public ReentrantLock writeLock(OutputStreamAppender<?> appender) {
    return writeLock.get(appender);
  }

  /** Puts a stream in an appender's place for it; the caller holds the {@link #writeLock}. */
  public void setStream(OutputStreamAppender<?> appender, @Nullable OutputStream value) {
    stream.set(appender, value);
  }

  /**
   * The stream that tells of its failures. Logback's own file stream keeps them to itself, drops
   * what it could not write, and opens the file anew some time later.
   */
  public OutputStream inner(OutputStream outer) {
    OutputStream found = outer instanceof ResilientOutputStreamBase ? inner.find(outer) : null;
    return found == null ? outer : found;
  }

  /** The lock under which an appender asks whether to roll over, and does so. */
  public Lock triggeringLock(RollingFileAppender<?> appender) {
    return triggeringLock.get(appender);
  }

  /** Sets what decides whether an appender rolls over. */
  public void setTriggeringPolicy(RollingFileAppender<?> appender, TriggeringPolicy<?> value) {
    triggeringPolicy.set(appender, value);
  }

  /** The compression and the clean-up that the last rollover started, if any. */
  public Stream<Future<?>> archiving(TimeBasedRollingPolicy<?> policy) {
    return Stream.of(compression, cleanUp)
        .flatMap(field -> Stream.<Future<?>>ofNullable(field.find(policy)));
  }

  /** The thread that writes what an asynchronous appender has queued. */
  Thread worker(AsyncAppenderBase<?> appender) {
    return worker.get(appender);
  }

  /** The queue of an asynchronous appender, null before it was first started. */
  @Nullable BlockingQueue<?> queue(AsyncAppenderBase<?> appender) {
    return queue.find(appender);
  }

  /** Sets what finds or builds a sifting appender's children; the caller holds its monitor. */
  <E> void setTracker(SiftingAppenderBase<E> appender, AppenderTracker<E> value) {
    tracker.set(appender, value);
  }

  /** Makes an appender take events again whose own {@code start} stopped it; with the lock. */
  public void setStarted(OutputStreamAppender<?> appender) {
    started.set(appender, true);
  }

  /** What a status listener prints to, null before it was started. */
  public @Nullable PrintStream statusStream(OnFileStatusListener listener) {
    return statusStream.find(listener);
  }

  /** Sets what a status listener prints to; the caller holds the {@link #statusLock}. */
  public void setStatusStream(OnFileStatusListener listener, PrintStream value) {
    statusStream.set(listener, value);
  }

  /** The monitor under which Logback tells its status listeners. */
  public Object statusLock(StatusManager statuses) {
    return statuses instanceof BasicStatusManager ? statusLock.get(statuses) : statuses;
  }
}
