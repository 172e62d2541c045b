/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.properties;

import static java.util.Objects.requireNonNullElse;

import dev.cracadapters.hikari.HikariSettings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The properties {@code spring.crac.hikari.*}, null where one is not set. Needs crac-hikari.
 *
 * @param drainTimeout Time for borrowed connections to be given back.
 * @param onTimeout What happens when a connection is borrowed for longer.
 * @param warm When connections are opened after a restore.
 * @param warmTimeout Time for connections to be opened before the service takes traffic.
 * @param trackBorrowers Whether it is noted which thread borrows a connection, so that a refusal
 *     can name it.
 */
@ConfigurationProperties("spring.crac.hikari")
public record HikariProperties(
    @Nullable Duration drainTimeout,
    HikariSettings.@Nullable OnTimeout onTimeout,
    HikariSettings.@Nullable Warm warm,
    @Nullable Duration warmTimeout,
    @Nullable Boolean trackBorrowers) {

  /** The adapter's settings: its own defaults where nothing is set. */
  public HikariSettings settings() {
    HikariSettings defaults = HikariSettings.defaults();
    return new HikariSettings(
        requireNonNullElse(drainTimeout, defaults.drainTimeout()),
        requireNonNullElse(onTimeout, defaults.onTimeout()),
        requireNonNullElse(warm, defaults.warm()),
        requireNonNullElse(warmTimeout, defaults.warmTimeout()),
        requireNonNullElse(trackBorrowers, defaults.trackBorrowers()));
  }
}
