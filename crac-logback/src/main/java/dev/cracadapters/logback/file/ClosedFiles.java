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
import dev.cracadapters.core.support.RestoreWatch;
import dev.cracadapters.logback.LogbackSettings;
import dev.cracadapters.logback.appender.Appenders;
import dev.cracadapters.logback.appender.AsyncQueue;
import dev.cracadapters.logback.appender.ClosedAppenders;
import dev.cracadapters.logback.appender.EachTried;
import dev.cracadapters.logback.appender.LogbackMembers;
import dev.cracadapters.logback.appender.WatchedTracker;
import dev.cracadapters.logback.event.LoggerGate;
import dev.cracadapters.logback.rolling.AtRestore;
import dev.cracadapters.logback.rolling.InstanceFactory;
import dev.cracadapters.logback.rolling.InstanceNames;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** The files of a context that are closed at the moment. */
public final class ClosedFiles extends ClosedAppenders<OutputStreamAppender<?>> {

  private final InstanceNames names;
  private final LoggerGate gate;
  private final List<AppenderFile<?>> files = new CopyOnWriteArrayList<>();

  /** Since the checkpoint began. */
  private RestoreWatch watch = RestoreWatch.begin();

  /** Whether the files are closed once more in the walk up, for a new configuration. */
  private boolean reloading;

  private volatile @Nullable LoggerContext context;

  public ClosedFiles(LogbackSettings settings, LoggerGate gate, LogbackMembers fields) {
    super(settings, gate, fields);
    this.gate = gate;
    this.names = new InstanceNames(fields);
  }

  @Override
  public void close(LoggerContext context, Deadline deadline)
      throws RefusedException, InterruptedException {
    this.context = context;
    begin();
    for (AsyncAppenderBase<?> appender : Appenders.of(context).asynchronous()) {
      AsyncQueue.drain(appender, fields, deadline);
    }
    closeFurther(context, deadline);
  }

  @Override
  protected synchronized void begin() {
    gate.begin(Objects.requireNonNull(context));
    super.begin();
    if (!reloading) {
      watch = RestoreWatch.begin();
    }
    reloading = false;
    files.forEach(AppenderFile::closeAgain);
  }

  /**
   * The files will be closed for a configuration that is read anew after a restore. What it opens
   * is named for the instance; but nothing is rolled a second time.
   */
  public synchronized void beforeReload() {
    reloading = settings.onRestore() == LogbackSettings.OnRestore.PER_INSTANCE;
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
    super.closeFurther(context, deadline);
  }

  @Override
  public void open(Deadline deadline) throws IOException {
    try {
      nameNewChildren(); // before the watches end, so that no child is built with a shared name
      end();
      gate.walkedByThisThread();
      new EachTried<>(files, IOException.class).run(file -> open(file, deadline));
    } finally {
      gate.end();
    }
  }

  private void open(AppenderFile<?> file, Deadline deadline) throws IOException {
    try {
      file.open(deadline);
      files.remove(file);
    } catch (InterruptedException e) {
      // The others are asked, too: their next event opens them.
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted; the next event opens each file", e);
    }
  }

  private void nameNewChildren() {
    String instanceId = newInstance();
    LoggerContext current = context;
    if (instanceId != null && current != null) {
      Appenders.of(current).sifting().forEach(sifting -> nameNewChildren(sifting, instanceId));
    }
  }

  private <E> void nameNewChildren(SiftingAppenderBase<E> appender, String instanceId) {
    if (appender.getAppenderTracker() != null) {
      InstanceFactory.install(appender, WatchedTracker.own(appender), fields, names, instanceId);
    }
  }

  /** Whose name files are to have, where this process was restored since the checkpoint began. */
  private synchronized @Nullable String newInstance() {
    return settings.onRestore() == LogbackSettings.OnRestore.PER_INSTANCE
        ? watch.restore().map(RestoreInfo::instanceId).orElse(null)
        : null;
  }

  @Override
  protected List<OutputStreamAppender<?>> appenders(Appenders found) {
    return found.streams();
  }

  @Override
  protected void close(OutputStreamAppender<?> appender, Deadline deadline)
      throws RefusedException, InterruptedException {
    FileOpening opening = opening(appender);
    if (opening == null) {
      return;
    }
    bound.begin();
    AppenderFile<?> file = new AppenderFile<>(appender, opening, fields, bound);
    try {
      file.close(deadline);
    } finally {
      // Also where it was refused after the file had been taken from the appender.
      if (file.isClosed()) {
        files.add(file);
      }
    }
  }

  /** How to open the appender's file again, null where none is open. */
  private <E> @Nullable FileOpening opening(OutputStreamAppender<E> appender) {
    if (appender instanceof FileAppender<E> file) {
      return AppenderFile.mayBeOpen(file)
          ? new Reopening<>(
              file, fields, new AtRestore<>(file, fields, settings.onRestore(), names, watch))
          : null;
    }
    return OwnOpening.of(appender, fields);
  }
}
