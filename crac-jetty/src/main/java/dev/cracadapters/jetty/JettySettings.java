/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jetty;

import dev.cracadapters.core.SystemSettings;
import java.time.Duration;

/**
 * What {@link JettyResource} lets its user choose.
 *
 * @param drainTimeout {@code drain-timeout}: how long the requests in flight may take to finish
 *     once nothing new is accepted. A checkpoint is refused when one takes longer. Zero or more; 20
 *     seconds by default
 */
public record JettySettings(Duration drainTimeout) {

  /** Settings with each value checked. */
  public JettySettings {
    if (drainTimeout.isNegative()) {
      throw new IllegalArgumentException("drain-timeout is negative: " + drainTimeout);
    }
  }

  /** {@return the defaults, which suit most services} */
  public static JettySettings defaults() {
    return new JettySettings(Duration.ofSeconds(20));
  }

  /**
   * {@return the settings from the system properties {@code crac.jetty.*}, and the default for each
   * that is absent}
   *
   * @throws IllegalArgumentException if a property cannot be read; the message names it
   */
  public static JettySettings fromSystemProperties() {
    return new JettySettings(
        SystemSettings.below("crac.jetty").duration("drain-timeout", defaults().drainTimeout()));
  }
}
