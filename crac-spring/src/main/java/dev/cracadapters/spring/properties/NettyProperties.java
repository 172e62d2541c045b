/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.properties;

import static java.util.Objects.requireNonNullElse;

import dev.cracadapters.netty.NettySettings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The properties {@code spring.crac.netty.*}, null where one is not set. Needs crac-netty.
 *
 * @param drainTimeout Time for connections to finish and sockets to close before the checkpoint is
 *     refused.
 * @param quietPeriod Time without reading or writing after which a connection counts as finished.
 */
@ConfigurationProperties("spring.crac.netty")
public record NettyProperties(@Nullable Duration drainTimeout, @Nullable Duration quietPeriod) {

  /** The adapter's settings: its own defaults where nothing is set. */
  public NettySettings settings() {
    NettySettings defaults = NettySettings.defaults();
    return new NettySettings(
        requireNonNullElse(drainTimeout, defaults.drainTimeout()),
        requireNonNullElse(quietPeriod, defaults.quietPeriod()));
  }
}
