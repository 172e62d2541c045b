/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.properties;

import static java.util.Objects.requireNonNullElse;

import dev.cracadapters.jetty.JettySettings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The properties {@code spring.crac.jetty.*}, null where one is not set. Needs crac-jetty.
 *
 * @param drainTimeout Time for the requests in flight to finish before the checkpoint is refused.
 */
@ConfigurationProperties("spring.crac.jetty")
public record JettyProperties(@Nullable Duration drainTimeout) {

  /** The adapter's settings: its own defaults where nothing is set. */
  public JettySettings settings() {
    return new JettySettings(
        requireNonNullElse(drainTimeout, JettySettings.defaults().drainTimeout()));
  }
}
