/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.appender;

import ch.qos.logback.core.Appender;
import ch.qos.logback.core.sift.AppenderTracker;
import ch.qos.logback.core.sift.SiftingAppenderBase;
import java.util.Collection;
import java.util.Set;

/**
 * Shows each appender that a sifting appender builds while the files are closed, for it comes with
 * an open file. It stands in the place of the sifting appender's own tracker, which does all the
 * work.
 */
public final class WatchedTracker<E> extends AppenderTracker<E> {

  private final SiftingAppenderBase<E> appender;
  private final LogbackMembers fields;
  private final AppenderTracker<E> original;
  private final ClosedAppenders<?> watcher;

  /** Guarded by the appender's monitor, under which children are built. */
  private boolean ended;

  private WatchedTracker(
      SiftingAppenderBase<E> appender, LogbackMembers fields, ClosedAppenders<?> watcher) {
    super(appender.getContext(), null);
    this.appender = appender;
    this.fields = fields;
    this.original = appender.getAppenderTracker();
    this.watcher = watcher;
  }

  /**
   * Begins to show new children to the watcher, if that is not done already. There may be several
   * watchers, which end in the reverse order.
   *
   * @return the way to end it
   */
  static <E> Runnable install(
      SiftingAppenderBase<E> appender, LogbackMembers fields, ClosedAppenders<?> watcher) {
    // Every event is under this monitor while it looks for its appender.
    synchronized (appender) {
      AppenderTracker<E> original = appender.getAppenderTracker();
      if (original == null || isWatched(original, watcher)) {
        return () -> {};
      }
      WatchedTracker<E> tracker = new WatchedTracker<>(appender, fields, watcher);
      fields.tracker.set(appender, tracker);
      return tracker::uninstall;
    }
  }

  /** A sifting appender's own tracker, also while one of these stands in its place. */
  public static <E> AppenderTracker<E> own(SiftingAppenderBase<E> appender) {
    AppenderTracker<E> tracker = appender.getAppenderTracker();
    while (tracker instanceof WatchedTracker<E> watched) {
      tracker = watched.original;
    }
    return tracker;
  }

  private static boolean isWatched(AppenderTracker<?> tracker, ClosedAppenders<?> watcher) {
    return tracker instanceof WatchedTracker<?> watched
        && (watched.watcher == watcher || isWatched(watched.original, watcher));
  }

  private void uninstall() {
    synchronized (appender) {
      ended = true;
      if (appender.getAppenderTracker() == this) {
        fields.tracker.set(appender, original);
      }
    }
  }

  @Override
  public synchronized Appender<E> getOrCreate(String key, long timestamp) {
    boolean known = original.find(key) != null;
    Appender<E> found = original.getOrCreate(key, timestamp);
    if (!known && !ended) {
      watcher.closeNew(found);
    }
    return found;
  }

  @Override
  public synchronized Appender<E> find(String key) {
    return original.find(key);
  }

  @Override
  public void endOfLife(String key) {
    original.endOfLife(key);
  }

  @Override
  public synchronized void removeStaleComponents(long now) {
    original.removeStaleComponents(now);
  }

  @Override
  public int getComponentCount() {
    return original.getComponentCount();
  }

  @Override
  public Set<String> allKeys() {
    return original.allKeys();
  }

  @Override
  public Collection<Appender<E>> allComponents() {
    return original.allComponents();
  }

  @Override
  public long getTimeout() {
    return original.getTimeout();
  }

  @Override
  public void setTimeout(long timeout) {
    original.setTimeout(timeout);
  }

  @Override
  public int getMaxComponents() {
    return original.getMaxComponents();
  }

  @Override
  public void setMaxComponents(int maxComponents) {
    original.setMaxComponents(maxComponents);
  }
}
