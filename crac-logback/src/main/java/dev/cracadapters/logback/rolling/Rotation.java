/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.rolling;

import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.RollingPolicy;
import ch.qos.logback.core.rolling.RolloverFailure;
import ch.qos.logback.core.rolling.TimeBasedRollingPolicy;
import ch.qos.logback.core.rolling.helper.CompressionMode;
import ch.qos.logback.core.rolling.helper.SizeAndTimeBasedArchiveRemover;
import dev.cracadapters.logback.appender.LogbackMembers;
import java.io.File;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/**
 * Rolls the file of an appender that is closed, by the appender's own policy where it has one, so
 * that nothing that is there is overwritten. The caller holds the appender's write lock.
 *
 * <p>Names: a policy that numbers gives the next free index. One that names by period alone has one
 * name a period, which the roll at the period's end needs; in the middle of it, or where the name
 * is taken, the file gets an index before the extension: {@code app.2026-11-22.log} becomes {@code
 * app.2026-11-22.1.log}. Logback's own clean-up does not know these; here they are cleaned up by
 * the same {@code maxHistory} at each such roll. A file without a policy gets the time of its last
 * event: {@code app.2026-11-22_14-03-09.log}.
 *
 * <p>A file that another process may be writing to is not compressed, for what that process writes
 * while and after it is would be lost; it is renamed as if it had no policy.
 */
final class Rotation {

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd_HH-mm-ss").withZone(ZoneId.systemDefault());

  private Rotation() {}

  /**
   * Rolls the file, if there is one and something in it.
   *
   * @param inUse whether another process may be writing to it
   * @throws IOException if the file is still there afterwards; nothing is lost
   */
  static <E> void roll(FileAppender<E> appender, LogbackMembers fields, boolean inUse)
      throws IOException {
    File file = new File(appender.getFile());
    if (file.length() == 0) {
      return;
    }
    if (appender instanceof RollingFileAppender<E> rolling
        && (!inUse || rolling.getRollingPolicy().getCompressionMode() == CompressionMode.NONE)) {
      rollByPolicy(rolling, fields, file);
    } else {
      rename(file);
    }
  }

  private static <E> void rollByPolicy(
      RollingFileAppender<E> appender, LogbackMembers fields, File file) throws IOException {
    RollingPolicy policy = appender.getRollingPolicy();
    RollingPeriod period = RollingPeriod.of(appender, fields);
    if (policy instanceof TimeBasedRollingPolicy<?> byTime) {
      if (period == null) {
        rename(file);
      } else {
        rollByTime(byTime, period, file, appender.rawFileProperty() == null);
      }
      return;
    }
    long modified = file.lastModified();
    rollover(policy);
    if (file.length() > 0 && file.lastModified() == modified) {
      throw new IOException("it could not be renamed");
    }
  }

  private static <E> void rollByTime(
      TimeBasedRollingPolicy<?> policy, RollingPeriod period, File file, boolean namedByPolicy)
      throws IOException {
    String archive;
    boolean ofOurs = false;
    if (period.isIndexed()) {
      period.skipTaken();
      archive = period.archive();
    } else if (period.isOver() && !namedByPolicy && !period.isTaken(period.archive())) {
      archive = period.archive();
    } else {
      archive = freeIndexed(period);
      ofOurs = true;
    }
    Reservation reserved = null;
    if (!archive.equals(file.getPath()) && policy.getCompressionMode() == CompressionMode.NONE) {
      reserved = reserve(period, archive);
      archive = reserved.path().toString();
    }
    try {
      if (namedByPolicy && !archive.equals(file.getPath())) {
        Files.move(file.toPath(), Path.of(archive), StandardCopyOption.REPLACE_EXISTING);
      }
      period.nameNext(archive);
      rollover(policy);
    } finally {
      if (reserved != null) {
        reserved.release();
      }
    }
    if (!archive.equals(file.getPath()) && file.length() > 0) {
      throw new IOException("it could not be renamed to " + archive);
    }
    advance(period);
    if (ofOurs) {
      cleanUp(policy, period);
    }
  }

  private static void advance(RollingPeriod period) {
    if (period.isOver()) {
      period.moveTo(period.now());
      period.skipTaken();
    } else {
      period.nextIndex();
    }
  }

  /** Takes the name before anybody else does: clones may roll one file at the same time. */
  private static Reservation reserve(RollingPeriod period, String wanted) throws IOException {
    Path path = Path.of(wanted);
    while (true) {
      Reservation taken = Reservation.take(path);
      if (taken != null) {
        return taken;
      }
      period.skipTaken();
      path = Path.of(period.isIndexed() ? period.archive() : freeIndexed(period));
    }
  }

  private static String freeIndexed(RollingPeriod period) {
    String plain = period.archive();
    int index = 1;
    while (period.isTaken(RestoredName.with(plain, "" + index))) {
      index++;
    }
    return RestoredName.with(plain, "" + index);
  }

  private static void rollover(RollingPolicy policy) throws IOException {
    try {
      policy.rollover();
    } catch (RolloverFailure e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static void rename(File file) throws IOException {
    String time = TIME.format(Instant.ofEpochMilli(file.lastModified()));
    Reservation target = Reservation.take(Path.of(RestoredName.with(file.getPath(), time)));
    for (int index = 1; target == null; index++) {
      target = Reservation.take(Path.of(RestoredName.with(file.getPath(), time + '.' + index)));
    }
    try {
      Files.move(file.toPath(), target.path(), StandardCopyOption.REPLACE_EXISTING);
    } finally {
      target.release();
    }
  }

  /** The archives with an index of ours, whose names the policy's own clean-up does not know. */
  private static void cleanUp(TimeBasedRollingPolicy<?> policy, RollingPeriod period) {
    if (policy.getMaxHistory() > 0) {
      SizeAndTimeBasedArchiveRemover remover =
          new SizeAndTimeBasedArchiveRemover(
              period.pattern(RestoredName.with(period.pattern(), "%i")), period.calendar());
      remover.setContext(policy.getContext());
      remover.setMaxHistory(policy.getMaxHistory());
      remover.clean(period.now());
    }
  }

  /** An empty file that keeps a name from others until ours is renamed to it. */
  private record Reservation(Path path, @Nullable Object key) {

    /** Takes a name, null where it is taken. */
    static @Nullable Reservation take(Path path) throws IOException {
      Files.createDirectories(path.toAbsolutePath().getParent());
      try {
        Files.createFile(path);
        return new Reservation(path, key(path));
      } catch (FileAlreadyExistsException e) {
        return null;
      }
    }

    /** Gives the name back, unless something was renamed to it. */
    void release() throws IOException {
      if (key != null && Files.exists(path) && key.equals(key(path))) {
        Files.delete(path);
      }
    }

    private static @Nullable Object key(Path path) throws IOException {
      return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    }
  }
}
