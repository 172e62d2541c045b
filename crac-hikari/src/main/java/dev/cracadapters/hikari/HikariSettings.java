/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import dev.cracadapters.core.SystemSettings;
import java.time.Duration;

/**
 * What can be set about a pool at a checkpoint. With Spring the settings stand below {@code
 * spring.crac.hikari}, without it below the system property prefix {@code crac.hikari}.
 *
 * @param drainTimeout {@code drain-timeout}: how long a checkpoint waits for borrowed connections
 *     to be given back before it is refused; positive, 10 seconds by default
 */
public record HikariSettings(Duration drainTimeout) {

  private static final HikariSettings DEFAULTS = new HikariSettings(Duration.ofSeconds(10));

  /**
   * Checks the settings.
   *
   * @throws IllegalArgumentException if the drain timeout is zero or negative: a connection that is
   *     given back still has to be closed
   */
  public HikariSettings {
    if (drainTimeout.isZero() || drainTimeout.isNegative()) {
      throw new IllegalArgumentException(
          "drain-timeout is " + drainTimeout + ", it must be longer than zero");
    }
  }

  /**
   * The settings of someone who sets nothing.
   *
   * @return a drain timeout of 10 seconds
   */
  public static HikariSettings defaults() {
    return DEFAULTS;
  }

  /**
   * The settings in the system properties {@code crac.hikari.*}, each with its default where the
   * property is absent.
   *
   * @return the settings as they are now
   * @throws IllegalArgumentException if a property cannot be read
   */
  public static HikariSettings fromSystemProperties() {
    SystemSettings settings = SystemSettings.below("crac.hikari");
    return new HikariSettings(settings.duration("drain-timeout", DEFAULTS.drainTimeout()));
  }
}
