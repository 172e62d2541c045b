/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import dev.cracadapters.core.SystemSettings;
import java.time.Duration;

/**
 * What can be set about Logback's part in a checkpoint. Without Spring the settings are the system
 * properties {@code crac.logback.*}, with Spring {@code spring.crac.logback.*}.
 *
 * @param bufferSize how many events are kept in memory for each closed file before the threads that
 *     log to it are slowed down, to a thousand events a second for each thread; the thread of an
 *     asynchronous appender at 16 times as many ({@code buffer-size}); at least 1
 * @param drainTimeout how long {@code beforeCheckpoint} may wait, all in all, for queues of
 *     asynchronous appenders to be written, for rolled files to be compressed, and for threads that
 *     are writing ({@code drain-timeout}); also how long {@code afterRestore} may wait for such
 *     threads; at least 1 ms
 */
public record LogbackSettings(int bufferSize, Duration drainTimeout) {

  private static final LogbackSettings DEFAULTS =
      new LogbackSettings(65_536, Duration.ofSeconds(10));

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if a value is too small
   */
  public LogbackSettings {
    if (bufferSize < 1) {
      throw new IllegalArgumentException("buffer-size is " + bufferSize + ", but must be positive");
    }
    if (drainTimeout.toMillis() < 1) {
      throw new IllegalArgumentException(
          "drain-timeout is " + drainTimeout + ", but must be 1 ms at least");
    }
  }

  /**
   * The defaults: 65536 events a file, 10 seconds.
   *
   * @return the defaults
   */
  public static LogbackSettings defaults() {
    return DEFAULTS;
  }

  /**
   * The settings of a process without Spring: {@code crac.logback.buffer-size} and {@code
   * crac.logback.drain-timeout}.
   *
   * @return the system properties' values, defaults for those that are absent
   * @throws IllegalArgumentException if a value cannot be read or is too small
   */
  public static LogbackSettings fromSystemProperties() {
    SystemSettings settings = SystemSettings.below("crac.logback");
    return new LogbackSettings(
        settings.number("buffer-size", DEFAULTS.bufferSize),
        settings.duration("drain-timeout", DEFAULTS.drainTimeout));
  }
}
