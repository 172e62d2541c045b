/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AsyncAppenderBase;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.sift.SiftingAppenderBase;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The files of a context that are closed at the moment, and what watches for further ones. */
final class ClosedFiles implements OpenPart {

  private final LogbackFields fields = new LogbackFields();
  private final LogbackSettings settings;

  /**
   * Guards what follows. Without it a checkpoint that is given up, and still runs when the restore
   * begins, could close a file that nobody opens again.
   */
  private final ReentrantLock listing = new ReentrantLock();

  private final List<AppenderFile<?>> files = new ArrayList<>();
  private final List<Runnable> watches = new ArrayList<>();
  private boolean closing;

  private volatile @Nullable Thread walker;

  ClosedFiles(LogbackSettings settings) {
    this.settings = settings;
  }

  @Override
  public void close(LoggerContext context, Deadline deadline)
      throws RefusedException, InterruptedException {
    begin();
    Appenders found = Appenders.of(context);
    for (AsyncAppenderBase<?> appender : found.asynchronous()) {
      AsyncQueue.drain(appender, fields, deadline);
    }
    for (SiftingAppenderBase<?> appender : found.sifting()) {
      watch(appender);
    }
    // Once more, for what the sifting appenders have built before they were watched.
    closeAll(Appenders.of(context), deadline);
  }

  @Override
  public void open(Deadline deadline) throws IOException {
    IOException failure = null;
    for (AppenderFile<?> file : end()) {
      try {
        file.open(deadline);
      } catch (IOException e) {
        failure = join(failure, e);
        continue;
      } catch (InterruptedException e) {
        // The others are asked, too: their next event opens them.
        Thread.currentThread().interrupt();
        failure = join(failure, new IOException("Interrupted; the next event opens each file", e));
        continue;
      }
      forget(file);
    }
    walker = null;
    if (failure != null) {
      throw failure;
    }
  }

  private void begin() {
    listing.lock();
    try {
      walker = Thread.currentThread();
      closing = true;
      files.forEach(AppenderFile::closeAgain);
    } finally {
      listing.unlock();
    }
  }

  private List<AppenderFile<?>> end() {
    List<Runnable> ended;
    List<AppenderFile<?>> closed;
    listing.lock();
    try {
      walker = Thread.currentThread();
      closing = false;
      closed = List.copyOf(files);
      ended = List.copyOf(watches);
      watches.clear();
    } finally {
      listing.unlock();
    }
    // Without the lock: a sifting appender's thread takes it while it holds the appender's monitor.
    ended.forEach(Runnable::run);
    return closed;
  }

  private void forget(AppenderFile<?> file) {
    listing.lock();
    try {
      files.remove(file);
    } finally {
      listing.unlock();
    }
  }

  private void watch(SiftingAppenderBase<?> appender) {
    Runnable end = WatchedTracker.install(appender, fields, this, this::closeNew);
    listing.lock();
    try {
      if (closing) {
        watches.add(end);
        return;
      }
    } finally {
      listing.unlock();
    }
    end.run();
  }

  /** A child that a sifting appender has just built, on the thread that logs to it. */
  private void closeNew(Appender<?> child) {
    try {
      closeAll(Appenders.below(child), Deadline.after(settings.drainTimeout()));
    } catch (RefusedException e) {
      // It stays open, which the descriptor audit finds. The event must not suffer.
      child.addWarn("Open at a checkpoint", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void closeAll(Appenders found, Deadline deadline)
      throws RefusedException, InterruptedException {
    RefusedException refusal = null;
    for (FileAppender<?> appender : found.files()) {
      try {
        close(appender, deadline);
      } catch (RefusedException e) {
        refusal = join(refusal, e);
      }
    }
    if (refusal != null) {
      throw refusal;
    }
  }

  private <E> void close(FileAppender<E> appender, Deadline deadline)
      throws RefusedException, InterruptedException {
    listing.lock();
    try {
      if (closing && AppenderFile.mayBeOpen(appender)) {
        AppenderFile<E> file =
            new AppenderFile<>(appender, fields, settings.bufferSize(), () -> walker);
        try {
          file.close(deadline);
        } finally {
          // Also where it was refused after the file had been taken from the appender.
          if (file.isClosed()) {
            files.add(file);
          }
        }
      }
    } finally {
      listing.unlock();
    }
  }

  static <T extends Throwable> T join(@Nullable T first, T next) {
    if (first == null) {
      return next;
    }
    first.addSuppressed(next);
    return first;
  }
}
