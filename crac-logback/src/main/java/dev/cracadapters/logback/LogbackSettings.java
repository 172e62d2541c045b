/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import dev.cracadapters.core.SystemSettings;
import java.time.Duration;

/**
 * What can be set about Logback's part in a checkpoint. Without Spring the settings are the system
 * properties {@code crac.logback.*}, with Spring {@code spring.crac.logback.*}.
 *
 * @param bufferSize how many events are kept in memory for each closed file or connection ({@code
 *     buffer-size}); at least 1
 * @param bufferBytes how many bytes they may take ({@code buffer-bytes}); at least 1. A single
 *     event is kept, however long. Those for a connection are estimated
 * @param onFull what happens to an event for which there is no room ({@code on-full})
 * @param drainTimeout how long {@code beforeCheckpoint} may wait, all in all, for queues of
 *     asynchronous appenders to be written, for rolled files to be compressed, and for threads that
 *     are writing ({@code drain-timeout}); also how long {@code afterRestore} may wait for such
 *     threads; at least 1 ms
 * @param onRestore what happens to a log file at a restore ({@code on-restore})
 * @param reload whether a configuration that changed since the checkpoint is read again at the
 *     restore ({@code reload})
 */
public record LogbackSettings(
    int bufferSize,
    int bufferBytes,
    OnFull onFull,
    Duration drainTimeout,
    OnRestore onRestore,
    boolean reload) {

  /** What happens to an event for which there is no room. */
  public enum OnFull {
    /**
     * A thread that logs waits until the files are open again. An event that waited has the time at
     * which its thread went on.
     */
    BLOCK,
    /** The oldest of the events that are kept is lost; the file says how many after the restore. */
    DROP_OLDEST
  }

  /**
   * What happens to a log file at a restore. A process that goes on, since its checkpoint failed,
   * was only a pause, or left it running, appends to its file in any case. Events that were logged
   * while the file was closed are written to the file that is then opened; those of before the
   * snapshot are in the image, so that each process that is restored from it writes them.
   */
  public enum OnRestore {
    /** It is appended to. */
    APPEND,
    /**
     * It is rolled by the appender's own policy, and a new one begun. Without a policy the old file
     * gets the time of its last event into its name. An archive that is there already is not
     * overwritten: the file gets the next free index.
     */
    ROTATE,
    /**
     * Each restored process has a file of its own, with its instance's ID in the name and in those
     * of its archives: {@code app.log} becomes {@code app.ID.log}. The file of the checkpoint stays
     * as it was. A context that is reset after the restore has the names of its configuration.
     */
    PER_INSTANCE
  }

  private static final LogbackSettings DEFAULTS =
      new LogbackSettings(
          65_536, 16 << 20, OnFull.BLOCK, Duration.ofSeconds(10), OnRestore.APPEND, false);

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if a value is too small
   */
  public LogbackSettings {
    require(bufferSize >= 1, "buffer-size", bufferSize, "positive");
    require(bufferBytes >= 1, "buffer-bytes", bufferBytes, "positive");
    require(drainTimeout.toMillis() >= 1, "drain-timeout", drainTimeout, "1 ms at least");
  }

  private static void require(boolean isMet, String setting, Object value, String bound) {
    if (!isMet) {
      throw new IllegalArgumentException(
          "%s is %s, but must be %s".formatted(setting, value, bound));
    }
  }

  /**
   * The defaults: 65536 events and 16 MiB a file, then threads that log wait; 10 seconds; files are
   * appended to, and the configuration stays.
   *
   * @return the defaults
   */
  public static LogbackSettings defaults() {
    return DEFAULTS;
  }

  /**
   * The settings of a process without Spring: the system properties {@code crac.logback.*}.
   *
   * @return the system properties' values, defaults for those that are absent
   * @throws IllegalArgumentException if a value cannot be read or is too small
   */
  public static LogbackSettings fromSystemProperties() {
    SystemSettings settings = SystemSettings.below("crac.logback");
    return new LogbackSettings(
        settings.number("buffer-size", DEFAULTS.bufferSize),
        settings.number("buffer-bytes", DEFAULTS.bufferBytes),
        settings.choice("on-full", DEFAULTS.onFull),
        settings.duration("drain-timeout", DEFAULTS.drainTimeout),
        settings.choice("on-restore", DEFAULTS.onRestore),
        settings.flag("reload", DEFAULTS.reload));
  }

  /** These settings with another {@link #bufferSize()}. */
  public LogbackSettings withBufferSize(int events) {
    return new LogbackSettings(events, bufferBytes, onFull, drainTimeout, onRestore, reload);
  }

  /** These settings with another {@link #bufferBytes()}. */
  public LogbackSettings withBufferBytes(int bytes) {
    return new LogbackSettings(bufferSize, bytes, onFull, drainTimeout, onRestore, reload);
  }

  /** These settings with another {@link #onFull()}. */
  public LogbackSettings withOnFull(OnFull choice) {
    return new LogbackSettings(bufferSize, bufferBytes, choice, drainTimeout, onRestore, reload);
  }

  /** These settings with another {@link #drainTimeout()}. */
  public LogbackSettings withDrainTimeout(Duration limit) {
    return new LogbackSettings(bufferSize, bufferBytes, onFull, limit, onRestore, reload);
  }

  /** These settings with another {@link #onRestore()}. */
  public LogbackSettings withOnRestore(OnRestore choice) {
    return new LogbackSettings(bufferSize, bufferBytes, onFull, drainTimeout, choice, reload);
  }

  /** These settings with another {@link #reload()}. */
  public LogbackSettings withReload(boolean choice) {
    return new LogbackSettings(bufferSize, bufferBytes, onFull, drainTimeout, onRestore, choice);
  }
}
