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
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The parts of Logback that are not public and that a file cannot be closed without. All reflection
 * is here, and all of it is tried when a resource is built: a Logback in which a part is missing is
 * found at the start of the application, not in the middle of a checkpoint.
 *
 * <p>Why they are needed: {@code OutputStreamAppender.setOutputStream} and {@code
 * closeOutputStream} write the encoder's footer and header, and {@code setTriggeringPolicy} reports
 * a warning, so the fields are set instead, under the locks that Logback guards them with.
 */
public final class LogbackFields {

  private final Field writeLock =
      field(OutputStreamAppender.class, "streamWriteLock", ReentrantLock.class);
  private final Field stream =
      field(OutputStreamAppender.class, "outputStream", OutputStream.class);
  private final Field inner = field(ResilientOutputStreamBase.class, "os", OutputStream.class);
  private final Field triggeringLock =
      field(RollingFileAppender.class, "triggeringPolicyLock", Lock.class);
  private final Field triggeringPolicy =
      field(RollingFileAppender.class, "triggeringPolicy", TriggeringPolicy.class);
  private final Field compression =
      field(TimeBasedRollingPolicy.class, "compressionFuture", Future.class);
  private final Field cleanUp = field(TimeBasedRollingPolicy.class, "cleanUpFuture", Future.class);
  private final Field worker = field(AsyncAppenderBase.class, "worker", Thread.class);
  private final Field queue = field(AsyncAppenderBase.class, "blockingQueue", BlockingQueue.class);
  private final Field tracker =
      field(SiftingAppenderBase.class, "appenderTracker", AppenderTracker.class);
  private final Field started = field(UnsynchronizedAppenderBase.class, "started", boolean.class);
  private final Field statusStream = field(OnFileStatusListener.class, "ps", PrintStream.class);
  private final Field statusLock =
      field(BasicStatusManager.class, "statusListenerListLock", Object.class);

  /**
   * Looks for all parts.
   *
   * @throws IllegalStateException if this Logback lacks one, or is a module that is not opened
   */
  public LogbackFields() {}

  /** The lock under which an appender writes and changes its stream. */
  public ReentrantLock writeLock(OutputStreamAppender<?> appender) {
    return (ReentrantLock) present(writeLock, appender);
  }

  /** Puts a stream in an appender's place for it; the caller holds the {@link #writeLock}. */
  public void setStream(OutputStreamAppender<?> appender, @Nullable OutputStream value) {
    set(stream, appender, value);
  }

  /**
   * The stream that tells of its failures. Logback's own file stream keeps them to itself, drops
   * what it could not write, and opens the file anew some time later.
   */
  public OutputStream inner(OutputStream outer) {
    Object found = outer instanceof ResilientOutputStreamBase ? get(inner, outer) : null;
    return found instanceof OutputStream os ? os : outer;
  }

  /** The lock under which an appender asks whether to roll over, and does so. */
  public Lock triggeringLock(RollingFileAppender<?> appender) {
    return (Lock) present(triggeringLock, appender);
  }

  /** Sets what decides whether an appender rolls over. */
  public void setTriggeringPolicy(RollingFileAppender<?> appender, TriggeringPolicy<?> value) {
    set(triggeringPolicy, appender, value);
  }

  /** The compression and the clean-up that the last rollover started, if any. */
  public Stream<Future<?>> archiving(TimeBasedRollingPolicy<?> policy) {
    return Stream.of(compression, cleanUp)
        .map(field -> (Future<?>) get(field, policy))
        .filter(Objects::nonNull)
        .map(Objects::requireNonNull);
  }

  /** The thread that writes what an asynchronous appender has queued. */
  Thread worker(AsyncAppenderBase<?> appender) {
    return (Thread) present(worker, appender);
  }

  /** The queue of an asynchronous appender, null before it was first started. */
  @Nullable BlockingQueue<?> queue(AsyncAppenderBase<?> appender) {
    return (BlockingQueue<?>) get(queue, appender);
  }

  /** Sets what finds or builds a sifting appender's children; the caller holds its monitor. */
  <E> void setTracker(SiftingAppenderBase<E> appender, AppenderTracker<E> value) {
    set(tracker, appender, value);
  }

  /** Makes an appender take events again whose own {@code start} stopped it; with the lock. */
  public void setStarted(OutputStreamAppender<?> appender) {
    set(started, appender, true);
  }

  /** What a status listener prints to, null before it was started. */
  public @Nullable PrintStream statusStream(OnFileStatusListener listener) {
    return (PrintStream) get(statusStream, listener);
  }

  /** Sets what a status listener prints to; the caller holds the {@link #statusLock}. */
  public void setStatusStream(OnFileStatusListener listener, PrintStream value) {
    set(statusStream, listener, value);
  }

  /** The monitor under which Logback tells its status listeners. */
  public Object statusLock(StatusManager statuses) {
    return statuses instanceof BasicStatusManager ? present(statusLock, statuses) : statuses;
  }

  public static Field field(Class<?> owner, String name, Class<?> type) {
    try {
      Field field = owner.getDeclaredField(name);
      if (!type.isAssignableFrom(field.getType())) {
        throw unusable(owner, name, "is a " + field.getType().getName(), null);
      }
      field.setAccessible(true);
      return field;
    } catch (NoSuchFieldException e) {
      throw unusable(owner, name, "is not there", e);
    } catch (InaccessibleObjectException e) {
      throw unusable(owner, name, "is closed to reflection", e);
    }
  }

  public static IllegalStateException unusable(
      Class<?> owner, String name, String why, @Nullable Exception cause) {
    Package home = owner.getPackage();
    Module logback = owner.getModule();
    Module own = LogbackFields.class.getModule();
    String mend =
        logback.isNamed() && cause instanceof InaccessibleObjectException
            ? "Start java with --add-opens %s/%s=%s"
                .formatted(
                    logback.getName(),
                    home.getName(),
                    own.isNamed() ? own.getName() : "ALL-UNNAMED")
            : "Use a version that the module's README names";
    return new IllegalStateException(
        "crac-logback cannot work with this Logback (%s): %s.%s %s. %s"
            .formatted(home.getImplementationVersion(), owner.getName(), name, why, mend),
        cause);
  }

  public static @Nullable Object get(Field field, Object owner) {
    try {
      return field.get(owner);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  public static Object present(Field field, Object owner) {
    return Objects.requireNonNull(get(field, owner), field.getName());
  }

  public static void set(Field field, Object owner, @Nullable Object value) {
    try {
      field.set(owner, value);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }
}
