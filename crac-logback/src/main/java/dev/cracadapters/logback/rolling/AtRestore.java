/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.rolling;

import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.rolling.RollingFileAppender;
import dev.cracadapters.core.RestoreInfo;
import dev.cracadapters.core.support.RestoreWatch;
import dev.cracadapters.logback.LogbackSettings;
import dev.cracadapters.logback.appender.LogbackMembers;
import java.io.File;
import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is done about an appender's file before it is opened again, where this process was restored
 * since the file was closed. A process that goes on, since the checkpoint failed or was only a
 * pause, or since it was left running, appends to its file.
 *
 * <p>Everything is done once a restore, also where the file then cannot be opened and is tried
 * again later. The caller holds the appender's write lock.
 */
public final class AtRestore<E> {

  private final FileAppender<E> appender;
  private final LogbackMembers fields;
  private final LogbackSettings.OnRestore choice;
  private final InstanceNames names;
  private final RestoreWatch watch;

  /** The restore after which all was done. */
  private @Nullable RestoreInfo done;

  private long length;
  private long modified;

  /** {@code watch} began with the checkpoint. */
  public AtRestore(
      FileAppender<E> appender,
      LogbackMembers fields,
      LogbackSettings.OnRestore choice,
      InstanceNames names,
      RestoreWatch watch) {
    this.appender = appender;
    this.fields = fields;
    this.choice = choice;
    this.names = names;
    this.watch = watch;
  }

  /** Notes what the file is, now that it has been closed. */
  public void closed(File file) {
    length = file.length();
    modified = file.lastModified();
  }

  /**
   * Does what the settings say, if there was a restore since.
   *
   * @param kept whether events are kept, which will be written to the file once it is open
   */
  public void prepare(boolean kept) {
    if (watch.isRehearsal()) {
      look();
      return;
    }
    RestoreInfo now = watch.restore().orElse(null);
    if (now == null || now == done) {
      return;
    }
    // No switch: javac makes a class for it, which a restored process would load first.
    if (choice == LogbackSettings.OnRestore.PER_INSTANCE
        && !names.rename(appender, now.instanceId(), kept)) {
      appender.addError(
          "%s keeps its name, which other processes may share: the rolling policy %s is of a kind whose names cannot be changed. Extend RollingPolicyBase"
              .formatted(
                  appender.getFile(),
                  ((RollingFileAppender<E>) appender).getRollingPolicy().getClass().getName()));
    }
    findPeriod(kept);
    if (choice == LogbackSettings.OnRestore.ROTATE) {
      roll();
    }
    done = now;
  }

  /** In a rehearsal: asks what a restore asks, and does nothing about it. */
  private void look() {
    RollingPeriod period = RollingPeriod.of(appender, fields);
    if (period != null && !isInUse(new File(appender.getFile())) && !wouldOverwrite(period)) {
      period.isTaken(period.archive());
    }
  }

  private boolean isInUse(File file) {
    return file.length() != length || file.lastModified() != modified;
  }

  private void roll() {
    File file = new File(appender.getFile());
    try {
      Rotation.roll(appender, fields, isInUse(file));
    } catch (IOException | RuntimeException e) {
      if (!file.exists()) {
        appender.addInfo(file + " was rolled by another process at the same time");
        return;
      }
      appender.addError(
          "%s cannot be rolled at the restore (%s) and is appended to. Make its folder writable"
              .formatted(file, e),
          e);
    }
  }

  /**
   * Sees to it that the file is rolled under the period that it is of, and that this overwrites
   * nothing: others may have written the file since, or rolled it.
   */
  private void findPeriod(boolean kept) {
    RollingPeriod period = RollingPeriod.of(appender, fields);
    if (period == null || appender.isPrudent()) {
      return;
    }
    boolean named = appender.rawFileProperty() != null;
    File file = new File(appender.getFile());
    if (!file.exists()) {
      // What is kept is of the period of the checkpoint, and is rolled under its name if it can be.
      if (!kept || (period.isOver() && period.isTaken(period.archive()))) {
        period.moveTo(period.now());
      }
    } else if (named && isInUse(file)) {
      period.moveTo(Instant.ofEpochMilli(file.lastModified()));
    }
    if (named && file.exists() && period.isOver() && wouldOverwrite(period)) {
      roll();
    }
    period.skipTaken();
  }

  /** Logback names the first archive of each period without a look at what is there. */
  private static boolean wouldOverwrite(RollingPeriod period) {
    return period.isTaken(period.isIndexed() ? period.archive(period.now(), 0) : period.archive());
  }
}
