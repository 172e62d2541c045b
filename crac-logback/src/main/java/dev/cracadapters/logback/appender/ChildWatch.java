/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.appender;

import ch.qos.logback.core.Appender;
import ch.qos.logback.core.sift.SiftingAppenderBase;
import dev.cracadapters.core.RefusedException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Has the children closed that sifting appenders build while a part is closed, for they come with
 * an open file or connection. Neither {@link #watch(List)} nor {@link #end} may be called under a
 * lock that closing a child takes: both take the sifting appender's monitor, and a thread that logs
 * holds that one first.
 */
public final class ChildWatch {

  /** What closes all that is open below a child. */
  public interface Closing {
    void close(Appenders found) throws RefusedException, InterruptedException;
  }

  private final LogbackFields fields;
  private final Closing closing;
  private final ReentrantLock lock = new ReentrantLock();
  private final List<Runnable> ends = new ArrayList<>();
  private boolean watching;

  public ChildWatch(LogbackFields fields, Closing closing) {
    this.fields = fields;
    this.closing = closing;
  }

  public void begin() {
    lock.lock();
    try {
      watching = true;
    } finally {
      lock.unlock();
    }
  }

  /** Watches these as well, unless the watch has ended. */
  public void watch(List<SiftingAppenderBase<?>> appenders) {
    appenders.forEach(this::watch);
  }

  private void watch(SiftingAppenderBase<?> appender) {
    Runnable end = WatchedTracker.install(appender, fields, this, this::closeNew);
    lock.lock();
    try {
      if (watching) {
        ends.add(end);
        return;
      }
    } finally {
      lock.unlock();
    }
    end.run();
  }

  /** A child that a sifting appender has just built, on the thread that logs to it. */
  private void closeNew(Appender<?> child) {
    try {
      closing.close(Appenders.below(child));
    } catch (RefusedException e) {
      // It stays open, which the descriptor audit finds. The event must not suffer.
      child.addWarn("Open at a checkpoint", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  public void end() {
    List<Runnable> ended;
    lock.lock();
    try {
      watching = false;
      ended = List.copyOf(ends);
      ends.clear();
    } finally {
      lock.unlock();
    }
    ended.forEach(Runnable::run);
  }
}
