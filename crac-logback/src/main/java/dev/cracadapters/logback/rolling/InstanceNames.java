/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.rolling;

import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.rolling.LengthCounter;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.RollingPolicyBase;
import dev.cracadapters.logback.appender.LogbackMembers;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The names that appenders were configured with, and those that they have in a restored process,
 * with its instance's ID. The ID goes into the file's name and into the pattern of its archives, so
 * that the clean-up of one instance never finds the archives of another.
 */
public final class InstanceNames {

  private record Original(@Nullable String file, @Nullable String pattern) {}

  private final LogbackMembers fields;
  private final Map<FileAppender<?>, Original> originals = new WeakHashMap<>();

  public InstanceNames(LogbackMembers fields) {
    this.fields = fields;
  }

  /** Whether all is there that {@link #rename} asks; without it the appender does not start. */
  public static boolean isWhole(FileAppender<?> appender) {
    return !(appender instanceof RollingFileAppender<?> rolling)
        || rolling.getRollingPolicy() != null
            && rolling.getRollingPolicy().isStarted()
            && rolling.getTriggeringPolicy() != null;
  }

  /** Notes an appender that was built with an instance's names. */
  synchronized void builtFor(FileAppender<?> appender, String instanceId) {
    String part = RestoredName.part(instanceId);
    Original now = current(appender);
    originals.put(
        appender,
        new Original(
            now.file == null ? null : RestoredName.without(now.file, part),
            now.pattern == null ? null : RestoredName.without(now.pattern, part)));
  }

  /**
   * Gives an appender, whose file is closed, the names of an instance. The caller holds the
   * appender's write lock.
   *
   * @param kept whether events of before are to be written to the file
   * @return false for a rolling policy whose names cannot be changed
   */
  public synchronized <E> boolean rename(
      FileAppender<E> appender, String instanceId, boolean kept) {
    String part = RestoredName.part(instanceId);
    Original original = originals.computeIfAbsent(appender, InstanceNames::current);
    if (original.file != null && isDevice(Path.of(original.file))) {
      return true;
    }
    if (!(appender instanceof RollingFileAppender<E> rolling)) {
      setFile(appender, original, part);
      return true;
    }
    if (!(rolling.getRollingPolicy() instanceof RollingPolicyBase policy)
        || original.pattern == null) {
      return false;
    }
    RollingPeriod before = RollingPeriod.of(rolling, fields);
    Instant date = before == null ? null : before.date();
    setFile(appender, original, part);
    policy.setFileNamePattern(RestoredName.with(original.pattern, part));
    restart(rolling, policy);
    RollingPeriod after = RollingPeriod.of(rolling, fields);
    if (after != null && date != null && kept && !new File(appender.getFile()).exists()) {
      after.moveTo(date);
    }
    fields.activeFile.set(rolling, new File(appender.getFile()));
    return true;
  }

  /** As at its first start: the policy reads its pattern, and looks for archives of that name. */
  private static void restart(RollingFileAppender<?> appender, RollingPolicyBase policy) {
    LengthCounter before = appender.getTriggeringPolicy().getLengthCounter();
    policy.stop();
    policy.start();
    LengthCounter after = appender.getTriggeringPolicy().getLengthCounter();
    if (before != null && after != null && before != after) {
      after.add(before.getLength());
    }
  }

  /** A terminal or a pipe, such as /dev/stdout, is nothing that there could be one more of. */
  private static boolean isDevice(Path file) {
    return Files.exists(file) && !Files.isRegularFile(file) && !Files.isDirectory(file);
  }

  private void setFile(FileAppender<?> appender, Original original, String part) {
    if (original.file != null) {
      fields.fileName.set(appender, RestoredName.with(original.file, part));
    }
  }

  private static Original current(FileAppender<?> appender) {
    return new Original(
        appender.rawFileProperty(),
        appender instanceof RollingFileAppender<?> rolling
                && rolling.getRollingPolicy() instanceof RollingPolicyBase policy
            ? policy.getFileNamePattern()
            : null);
  }
}
