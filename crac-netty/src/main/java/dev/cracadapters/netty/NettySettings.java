/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty;

import dev.cracadapters.core.SystemSettings;
import java.time.Duration;

/**
 * How long a Netty server may take at a checkpoint.
 *
 * @param drainTimeout how long the whole stop may last: event loops answering, connections
 *     finishing, sockets closing; a checkpoint is refused when it has passed. An event loop has
 *     half a second to answer also where little is left of it. More than zero
 * @param quietPeriod how long a connection must have been quiet (nothing read, nothing written,
 *     nothing pending) to count as finished. An answer that another thread takes longer than this
 *     to produce cannot be told from no answer at all. Zero or more, less than half of {@code
 *     drainTimeout}
 */
public record NettySettings(Duration drainTimeout, Duration quietPeriod) {

  private static final NettySettings DEFAULTS =
      new NettySettings(Duration.ofSeconds(10), Duration.ofMillis(100));

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one is out of its range
   */
  public NettySettings {
    if (drainTimeout.isNegative() || drainTimeout.isZero()) {
      throw new IllegalArgumentException("drain-timeout must be above zero: " + drainTimeout);
    }
    if (quietPeriod.isNegative() || quietPeriod.multipliedBy(2).compareTo(drainTimeout) >= 0) {
      throw new IllegalArgumentException(
          "quiet-period must be at least zero and less than half of drain-timeout (%s): %s"
              .formatted(drainTimeout, quietPeriod));
    }
  }

  /**
   * {@return the settings where nothing is set: {@code drainTimeout} 10 s, {@code quietPeriod} 100
   * ms}
   */
  public static NettySettings defaults() {
    return DEFAULTS;
  }

  /**
   * {@return the settings from the system properties {@code crac.netty.drain-timeout} and {@code
   * crac.netty.quiet-period}, and the default for what is not set}
   *
   * @throws IllegalArgumentException if a value cannot be read or is out of its range
   */
  public static NettySettings fromSystemProperties() {
    SystemSettings settings = SystemSettings.below("crac.netty");
    return new NettySettings(
        settings.duration("drain-timeout", DEFAULTS.drainTimeout),
        settings.duration("quiet-period", DEFAULTS.quietPeriod));
  }
}
