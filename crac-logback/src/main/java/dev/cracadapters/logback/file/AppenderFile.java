/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import ch.qos.logback.core.AsyncAppenderBase;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.rolling.RollingFileAppender;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.logback.appender.LogbackMembers;
import dev.cracadapters.logback.event.EventBound;
import dev.cracadapters.logback.event.LoggerGate;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The file of one appender through one checkpoint.
 *
 * <p>Closing it takes the appender's stream out, puts one into its place that keeps what is written
 * in memory, and closes the former, all under the lock under which Logback writes. The appender is
 * never stopped. So each event is either in the file or kept; what is kept is the encoder's output,
 * with the time, thread, MDC and caller of the moment it was logged; and its order is the order in
 * which the appender wrote. (A stopped appender drops events. A filter would see an event before it
 * is written, not when: events between the filter and the stream would meet a closed file.)
 *
 * <p>Opening it has the appender open its file itself, since a subclass may do that in its own way,
 * and writes what was kept before any other event.
 */
final class AppenderFile<E> {

  /** How long an event beyond the bound waits before it is kept all the same. */
  private static final long THROTTLE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /** How often events try to open a file that could not be opened after the restore. */
  private static final Duration RETRY_INTERVAL = Duration.ofSeconds(1);

  private final OutputStreamAppender<E> appender;
  private final LogbackMembers fields;
  private final EventBound bound;

  /** The appender's own lock, which guards everything below. */
  private final ReentrantLock lock;

  private final Condition opened;
  private final FileOpening opening;
  private final Unwritable unwritable;
  private final EventBuffer buffer;
  private @Nullable OutputStream standIn;
  private @Nullable QuietTrigger<E> trigger;
  private long lengthAtClose;

  /** Volatile for {@link #isClosed()} only. */
  private volatile boolean closed;

  private volatile Deadline nextTry = Deadline.after(Duration.ZERO);

  /** Set without the lock, too: once it is true, the next event opens the file. */
  private volatile boolean restored;

  /** Leaves the appender as it is. */
  AppenderFile(
      OutputStreamAppender<E> appender,
      FileOpening opening,
      LogbackMembers fields,
      EventBound bound) {
    this.appender = appender;
    this.opening = opening;
    this.fields = fields;
    this.bound = bound;
    this.buffer = new EventBuffer(bound, new DroppedEvents(appender, opening));
    this.lock = fields.writeLock.get(appender);
    this.opened = lock.newCondition();
    this.unwritable = new Unwritable(appender, opening);
  }

  /**
   * Tells whether there may be a file to close. Not asked under the lock: an appender that is just
   * rolling over has no stream, and is about to open one.
   */
  static boolean mayBeOpen(FileAppender<?> appender) {
    OutputStream stream = appender.getOutputStream();
    return stream == null ? appender.isStarted() : !KeepingStream.isStandIn(stream);
  }

  /**
   * Writes what is buffered, closes the file, and keeps what comes from now on.
   *
   * @throws RefusedException if the buffer cannot be written (the file then stays open), if closing
   *     fails, or if a thread is still writing or rolling over at the deadline
   */
  void close(Deadline deadline) throws RefusedException, InterruptedException {
    String file = opening.file();
    if (appender instanceof RollingFileAppender<E> rolling) {
      trigger = QuietTrigger.install(rolling, fields, deadline, file);
    }
    try {
      if (!lock.tryLock(deadline.remainingNanos(), TimeUnit.NANOSECONDS)) {
        throw QuietTrigger.tooSlow(file, "is still being written to");
      }
      try {
        OutputStream open = appender.getOutputStream();
        if (open != null && !KeepingStream.isStandIn(open)) {
          opening.beforeClosing();
          standIn = standInFor(open, file);
          fields.stream.set(appender, standIn);
          closed = true;
          close(open, file);
        }
      } finally {
        lock.unlock();
      }
    } finally {
      if (!closed && trigger != null) {
        trigger.lift();
      }
    }
  }

  /** Tells whether the appender's file is closed, and something stands in for it. */
  boolean isClosed() {
    return closed;
  }

  private OutputStream standInFor(OutputStream open, String file) throws RefusedException {
    try {
      fields.inner(open).flush();
      OutputStream keeping = new KeepingStream(this);
      boolean isPrudent = appender instanceof FileAppender<E> own && own.isPrudent();
      return isPrudent ? new PrudentStream(new File(file), keeping) : keeping;
    } catch (IOException e) {
      throw refused(file, "has events that cannot be written (" + e.getMessage() + ")", e);
    }
  }

  private void close(OutputStream open, String file) throws RefusedException {
    try {
      open.close();
    } catch (IOException e) {
      throw refused(file, "failed while it was closed (" + e.getMessage() + ")", e);
    } finally {
      lengthAtClose = new File(file).length();
      opening.closed(new File(file));
    }
  }

  /** Says that a file which could not be opened after the last restore is to stay closed again. */
  void closeAgain() {
    nextTry = Deadline.after(Duration.ZERO);
    restored = false;
  }

  /**
   * Opens the file, writes what was kept, and lets the waiting threads go on. Does nothing where
   * the file is open or the appender was stopped meanwhile.
   *
   * @throws IOException if the file cannot be opened or written; events are kept as before, and
   *     each second one of them tries again
   */
  void open(Deadline deadline) throws IOException, InterruptedException {
    restored = true;
    try {
      openInTime(deadline);
    } finally {
      // In service again: no thread waits for a file that cannot be opened.
      bound.hasRoom(this);
    }
  }

  private void openInTime(Deadline deadline) throws IOException, InterruptedException {
    if (!lock.tryLock(deadline.remainingNanos(), TimeUnit.NANOSECONDS)) {
      throw new IOException(
          opening.file()
              + " is still being written to; the next event opens it and writes what was kept");
    }
    try {
      if (closed) {
        // Writing what was kept takes a while, in which an asynchronous appender's queue would fill
        // up and throw events away.
        bound.onFull(this);
        openAndWrite(false);
      }
      settle();
    } catch (IOException | RuntimeException e) {
      nextTry = Deadline.after(RETRY_INTERVAL);
      String message =
          "%s cannot be opened again after the restore: %s. Its %d kept events stay in memory, and the first event that finds the file writable writes them"
              .formatted(opening.file(), e.getMessage(), buffer.count());
      unwritable.report(message, e);
      throw new IOException(message, e);
    } finally {
      lock.unlock();
    }
  }

  /** Takes what Logback writes to the stand-in. */
  void keep(byte[] bytes, int offset, int length) throws IOException {
    lock.lock();
    try {
      if (closed && !restored && !bound.dropsOldest()) {
        slowDown();
      }
      if (closed && restored && nextTry.hasPassed()) {
        tryToOpen();
      }
      if (!closed) {
        passOn(bytes, offset, length);
      } else {
        buffer.add(bytes, offset, length, restored);
        if (!restored && buffer.isFull()) {
          bound.onFull(this);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Threads that log wait by the {@link LoggerGate}. What comes here beyond the bound came past it,
   * most often by a direct call of the appender, and waits for the file to be opened or for a
   * moment. It must not be longer: the thread may hold what the walk or another thread needs, such
   * as the monitor of a sifting appender. That of an asynchronous appender is not slowed down: its
   * queue has a bound, and where it fills up events are thrown away, or the walk's own wait.
   * Waiting gives the appender's lock back, but only where it is held once by Logback (and once by
   * {@link #keep}): if more often, Logback is about to stop the appender or to exchange its stream.
   */
  private void slowDown() {
    if (!buffer.isFull()
        || lock.getHoldCount() != 2
        || bound.gate().isWalker()
        || Thread.currentThread().getClass().getEnclosingClass() == AsyncAppenderBase.class) {
      return;
    }
    long nanos = THROTTLE_NANOS;
    try {
      while (closed && !restored && nanos > 0) {
        nanos = opened.awaitNanos(nanos);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void tryToOpen() {
    try {
      openAndWrite(false);
      settle();
    } catch (IOException | RuntimeException e) {
      nextTry = Deadline.after(RETRY_INTERVAL);
      unwritable.report(opening.file() + " cannot be opened: " + e.getMessage(), e);
    }
  }

  /** An event that waited, or was on its way, when the file was opened or the appender stopped. */
  private void passOn(byte[] bytes, int offset, int length) throws IOException {
    OutputStream current = appender.getOutputStream();
    if (current != null && current != standIn) {
      opening.write(bytes, offset, length, current);
    } else {
      buffer.keep(bytes, offset, length);
      writeAndClose();
    }
  }

  /**
   * Logback closes the stand-in: the appender is stopped, or given another stream. What was kept
   * goes to the file now, since there may be no later moment.
   */
  void letGo() {
    lock.lock();
    try {
      if (closed) {
        if (!buffer.isEmpty()) {
          writeAndClose();
        }
        settle();
      }
    } finally {
      lock.unlock();
    }
  }

  private void writeAndClose() {
    try {
      openAndWrite(true);
      appender.getOutputStream().close();
    } catch (IOException | RuntimeException e) {
      appender.addError(
          opening.file() + " cannot be written; its last events go to standard error", e);
      buffer.emptyInto(System.err);
    } finally {
      fields.stream.set(appender, null);
    }
  }

  private void settle() {
    closed = false;
    unwritable.reportOpen();
    if (trigger != null) {
      trigger.lift();
    }
    opened.signalAll();
    bound.hasRoom(this);
  }

  private void openAndWrite(boolean isStopping) throws IOException {
    try {
      long length = buffer.writeBy(kept -> opening.run(kept, isStopping));
      if (trigger != null) {
        trigger.correctLength(length - lengthAtClose);
      }
    } catch (IOException | RuntimeException e) {
      fields.stream.set(appender, standIn);
      throw e;
    }
  }

  private static RefusedException refused(String file, String cause, IOException reason) {
    return new RefusedException(
        file, cause, "Make the file writable, with space left on its disk", reason);
  }
}
