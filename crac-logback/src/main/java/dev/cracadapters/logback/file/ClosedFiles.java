/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.core.AsyncAppenderBase;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.sift.SiftingAppenderBase;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.RestoreInfo;
import dev.cracadapters.core.support.Failures;
import dev.cracadapters.core.support.RestoreWatch;
import dev.cracadapters.logback.LogbackSettings;
import dev.cracadapters.logback.appender.Appenders;
import dev.cracadapters.logback.appender.AsyncQueue;
import dev.cracadapters.logback.appender.ChildWatch;
import dev.cracadapters.logback.appender.LogbackFields;
import dev.cracadapters.logback.appender.OpenPart;
import dev.cracadapters.logback.appender.WatchedTracker;
import dev.cracadapters.logback.event.EventBound;
import dev.cracadapters.logback.event.LoggerGate;
import dev.cracadapters.logback.rolling.AtRestore;
import dev.cracadapters.logback.rolling.InstanceFactory;
import dev.cracadapters.logback.rolling.InstanceNames;
import dev.cracadapters.logback.rolling.RollingFields;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The files of a context that are closed at the moment, and what watches for further ones. */
public final class ClosedFiles implements OpenPart {

  private final LogbackFields fields;
  private final RollingFields rolling;
  private final InstanceNames names;
  private final LogbackSettings settings;

  /**
   * Guards what follows. Without it a checkpoint that is given up, and still runs when the restore
   * begins, could close a file that nobody opens again.
   */
  private final ReentrantLock listing = new ReentrantLock();

  private final List<AppenderFile<?>> files = new ArrayList<>();
  private final ChildWatch children;
  private boolean closing;

  /** Since the checkpoint began. */
  private RestoreWatch watch = RestoreWatch.begin();

  /** Whether the files are closed once more in the walk up, for a new configuration. */
  private boolean reloading;

  private volatile @Nullable LoggerContext context;

  private final LoggerGate gate;
  private final EventBound bound;

  /**
   * Prepares.
   *
   * @param gate where threads wait from the first close on until the files are open again
   */
  public ClosedFiles(
      LogbackSettings settings, LoggerGate gate, LogbackFields fields, RollingFields rolling) {
    this.fields = fields;
    this.rolling = rolling;
    this.names = new InstanceNames(rolling);
    this.settings = settings;
    this.gate = gate;
    this.bound = EventBound.of(settings, gate);
    this.children =
        new ChildWatch(fields, found -> closeAll(found, Deadline.after(settings.drainTimeout())));
  }

  @Override
  public void close(LoggerContext context, Deadline deadline)
      throws RefusedException, InterruptedException {
    this.context = context;
    begin(context);
    for (AsyncAppenderBase<?> appender : Appenders.of(context).asynchronous()) {
      AsyncQueue.drain(appender, fields, deadline);
    }
    closeFurther(context, deadline);
  }

  /**
   * The files will be closed for a configuration that is read anew after a restore. What it opens
   * is named for the instance; but nothing is rolled a second time.
   */
  public void beforeReload() {
    listing.lock();
    try {
      reloading = settings.onRestore() == LogbackSettings.OnRestore.PER_INSTANCE;
    } finally {
      listing.unlock();
    }
  }

  /** Gives an appender of a new configuration, not started yet, its name in this process. */
  public void name(FileAppender<?> appender) {
    String instanceId = newInstance();
    if (instanceId != null && InstanceNames.isWhole(appender)) {
      names.rename(appender, instanceId, false);
    }
  }

  @Override
  public void closeFurther(LoggerContext context, Deadline deadline)
      throws RefusedException, InterruptedException {
    nameNewChildren(); // of a new configuration: before anybody logs to it
    children.watch(Appenders.of(context).sifting());
    // Once more, for what the sifting appenders have built before they were watched.
    closeAll(Appenders.of(context), deadline);
  }

  @Override
  public void open(Deadline deadline) throws IOException {
    try {
      openAll(deadline);
    } finally {
      gate.end();
    }
  }

  private void openAll(Deadline deadline) throws IOException {
    Failures<IOException> failures = new Failures<>();
    nameNewChildren();
    for (AppenderFile<?> file : end()) {
      try {
        file.open(deadline);
      } catch (IOException e) {
        failures.note(e);
        continue;
      } catch (InterruptedException e) {
        // The others are asked, too: their next event opens them.
        Thread.currentThread().interrupt();
        failures.note(new IOException("Interrupted; the next event opens each file", e));
        continue;
      }
      forget(file);
    }
    failures.throwIfAny();
  }

  private void begin(LoggerContext context) {
    listing.lock();
    try {
      gate.begin(context);
      closing = true;
      children.begin();
      if (!reloading) {
        watch = RestoreWatch.begin();
      }
      reloading = false;
      files.forEach(AppenderFile::closeAgain);
    } finally {
      listing.unlock();
    }
  }

  private List<AppenderFile<?>> end() {
    List<AppenderFile<?>> closed;
    listing.lock();
    try {
      gate.walkedByThisThread();
      closing = false;
      closed = List.copyOf(files);
    } finally {
      listing.unlock();
    }
    children.end();
    return closed;
  }

  /** Before the watches end, so that no child is built between with a name that is shared. */
  private void nameNewChildren() {
    String instanceId = newInstance();
    LoggerContext current = context;
    if (instanceId != null && current != null) {
      for (SiftingAppenderBase<?> appender : Appenders.of(current).sifting()) {
        nameNewChildren(appender, instanceId);
      }
    }
  }

  /** Whose name files are to have, where this process was restored since the checkpoint began. */
  private @Nullable String newInstance() {
    if (settings.onRestore() != LogbackSettings.OnRestore.PER_INSTANCE) {
      return null;
    }
    listing.lock();
    try {
      return watch.restore().map(RestoreInfo::instanceId).orElse(null);
    } finally {
      listing.unlock();
    }
  }

  private <E> void nameNewChildren(SiftingAppenderBase<E> appender, String instanceId) {
    if (appender.getAppenderTracker() != null) {
      InstanceFactory.install(
          appender, WatchedTracker.own(appender), fields, rolling, names, instanceId);
    }
  }

  private void forget(AppenderFile<?> file) {
    listing.lock();
    try {
      files.remove(file);
    } finally {
      listing.unlock();
    }
  }

  private void closeAll(Appenders found, Deadline deadline)
      throws RefusedException, InterruptedException {
    Failures<RefusedException> refusals = new Failures<>();
    for (FileAppender<?> appender : found.files()) {
      try {
        close(appender, deadline);
      } catch (RefusedException e) {
        refusals.note(e);
      }
    }
    for (OutputStreamAppender<?> appender : found.streams()) {
      try {
        closeOwn(appender, deadline);
      } catch (RefusedException e) {
        refusals.note(e);
      }
    }
    refusals.throwIfAny();
  }

  private <E> void close(FileAppender<E> appender, Deadline deadline)
      throws RefusedException, InterruptedException {
    listing.lock();
    try {
      if (closing && AppenderFile.mayBeOpen(appender)) {
        bound.begin();
        close(
            new AppenderFile<>(
                appender,
                fields,
                bound,
                new AtRestore<>(appender, rolling, settings.onRestore(), names, watch)),
            deadline);
      }
    } finally {
      listing.unlock();
    }
  }

  private <E> void closeOwn(OutputStreamAppender<E> appender, Deadline deadline)
      throws RefusedException, InterruptedException {
    listing.lock();
    try {
      OwnOpening<E> opening = closing ? OwnOpening.of(appender, fields) : null;
      if (opening != null) {
        bound.begin();
        close(new AppenderFile<>(appender, opening, fields, bound), deadline);
      }
    } finally {
      listing.unlock();
    }
  }

  private void close(AppenderFile<?> file, Deadline deadline)
      throws RefusedException, InterruptedException {
    try {
      file.close(deadline);
    } finally {
      // Also where it was refused after the file had been taken from the appender.
      if (file.isClosed()) {
        files.add(file);
      }
    }
  }
}
