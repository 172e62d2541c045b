/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import dev.cracadapters.core.SystemSettings;
import java.time.Duration;

/**
 * What can be set about a pool at a checkpoint. With Spring the settings stand below {@code
 * spring.crac.hikari}, without it below the system property prefix {@code crac.hikari}.
 *
 * @param drainTimeout {@code drain-timeout}: how long a checkpoint waits for borrowed connections
 *     to be given back; positive, 10 seconds by default
 * @param onTimeout {@code on-timeout}: what happens when a connection is borrowed for longer
 * @param warm {@code warm}: when connections are opened after a restore
 * @param warmTimeout {@code warm-timeout}: how long the restore waits for connections that are
 *     opened before the service takes traffic; positive, 5 seconds by default
 * @param trackBorrowers {@code track-borrowers}: whether it is noted which thread borrows a
 *     connection, so that a refusal can name it; true by default
 */
public record HikariSettings(
    Duration drainTimeout,
    OnTimeout onTimeout,
    Warm warm,
    Duration warmTimeout,
    boolean trackBorrowers) {

  /** What happens when a connection is not given back within the drain timeout. */
  public enum OnTimeout {
    /** The checkpoint is refused, naming the borrower, and the pool goes on. */
    REFUSE,
    /**
     * What runs on the connection is cancelled, and the connection is cut. Its borrower sees an
     * {@code SQLException}, and the database rolls its transaction back.
     */
    ABORT
  }

  /** When connections are opened after a restore. */
  public enum Warm {
    /**
     * As {@link #EAGER} for a pool that was given a {@code minimumIdle}, which is above zero and
     * below {@code maximumPoolSize}; else as {@link #BACKGROUND}. HikariCP takes {@code
     * maximumPoolSize} where nothing is said.
     */
    AUTO,
    /**
     * As many as the pool keeps idle, or as are waited for if that is more, side by side, before
     * the service takes traffic. The restore waits for them, but no longer than the warm timeout,
     * and no longer than until one cannot be opened: the pool then goes on in the background.
     */
    EAGER,
    /** In the background, while the service already takes traffic. */
    BACKGROUND
  }

  private static final HikariSettings DEFAULTS =
      new HikariSettings(
          Duration.ofSeconds(10), OnTimeout.REFUSE, Warm.AUTO, Duration.ofSeconds(5), true);

  /**
   * Checks the settings.
   *
   * @throws IllegalArgumentException if a time is zero or negative
   */
  public HikariSettings {
    positive("drain-timeout", drainTimeout);
    positive("warm-timeout", warmTimeout);
  }

  private static void positive(String name, Duration value) {
    if (value.isZero() || value.isNegative()) {
      throw new IllegalArgumentException(name + " is " + value + ", it must be longer than zero");
    }
  }

  /**
   * The settings of someone who sets nothing.
   *
   * @return 10 seconds to give connections back, then a refusal that names the borrower; where a
   *     {@code minimumIdle} was given, so many connections are opened before the service takes
   *     traffic, for 5 seconds at most
   */
  public static HikariSettings defaults() {
    return DEFAULTS;
  }

  /**
   * The settings of a process without Spring: the system properties {@code crac.hikari.*}.
   *
   * @return the settings, with the defaults for what is not set
   * @throws IllegalArgumentException if a value is not valid; the message names the property
   */
  public static HikariSettings fromSystemProperties() {
    SystemSettings settings = SystemSettings.below("crac.hikari");
    return new HikariSettings(
        settings.duration("drain-timeout", DEFAULTS.drainTimeout),
        settings.choice("on-timeout", DEFAULTS.onTimeout),
        settings.choice("warm", DEFAULTS.warm),
        settings.duration("warm-timeout", DEFAULTS.warmTimeout),
        settings.flag("track-borrowers", DEFAULTS.trackBorrowers));
  }

  /**
   * {@return these settings but for one}
   *
   * @param limit how long a checkpoint waits for borrowed connections
   */
  public HikariSettings withDrainTimeout(Duration limit) {
    return new HikariSettings(limit, onTimeout, warm, warmTimeout, trackBorrowers);
  }

  /**
   * {@return these settings but for one}
   *
   * @param choice what happens to a connection that is borrowed for longer
   */
  public HikariSettings withOnTimeout(OnTimeout choice) {
    return new HikariSettings(drainTimeout, choice, warm, warmTimeout, trackBorrowers);
  }

  /**
   * {@return these settings but for one}
   *
   * @param choice when connections are opened after a restore
   */
  public HikariSettings withWarm(Warm choice) {
    return new HikariSettings(drainTimeout, onTimeout, choice, warmTimeout, trackBorrowers);
  }

  /**
   * {@return these settings but for one}
   *
   * @param limit how long a restore waits for connections
   */
  public HikariSettings withWarmTimeout(Duration limit) {
    return new HikariSettings(drainTimeout, onTimeout, warm, limit, trackBorrowers);
  }

  /**
   * {@return these settings but for one}
   *
   * @param tracks whether it is noted who borrows
   */
  public HikariSettings withTrackBorrowers(boolean tracks) {
    return new HikariSettings(drainTimeout, onTimeout, warm, warmTimeout, tracks);
  }
}
