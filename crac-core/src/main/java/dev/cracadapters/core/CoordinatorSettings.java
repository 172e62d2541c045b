/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import dev.cracadapters.core.engine.Engines;
import dev.cracadapters.core.rehearsal.Rehearsals;
import dev.cracadapters.core.support.UnreadableSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How checkpoints are taken in this process. Without Spring each setting is the system property of
 * the same name below {@code crac}, with Spring the property below {@code spring.crac}.
 *
 * @param engine {@code engine}: the name of a {@link
 *     dev.cracadapters.core.engine.CheckpointEngine}, or {@code auto} (default) for the JDK's own
 *     CRaC where there is one, else CRIU where crac-criu is there and works, else a pause, which
 *     refuses where an image is named
 * @param image {@code image}: the folder that a snapshot is written to, or null when none was
 *     named; an engine that writes an image then refuses
 * @param audit {@code audit}: what may be open at a snapshot; default {@code lenient}
 * @param walkTimeout {@code walk-timeout}: for all resources together, once down and once up;
 *     default 60 s
 * @param resourceTimeout {@code resource-timeout}: for each resource, once down and once up;
 *     default 30 s
 * @param rehearse {@code rehearse}: how often a checkpoint walks down and up before it goes down
 *     for its snapshot, so that a restored process runs no code for the first time: a number,
 *     {@code off} for none, or {@code auto} (default). With {@code auto} a checkpoint by CRIU that
 *     ends the process is rehearsed until the walk up gets no faster: once at least, 5 times at
 *     most, and not again after 20 s. A CRaC JDK takes the checkpoint itself, and nothing is
 *     rehearsed there
 */
public record CoordinatorSettings(
    String engine,
    @Nullable Path image,
    AuditMode audit,
    Duration walkTimeout,
    Duration resourceTimeout,
    String rehearse) {

  /** What the names of the system properties begin with. */
  static final String PREFIX = "crac";

  /** Without any property. */
  private static final CoordinatorSettings DEFAULTS =
      new CoordinatorSettings(
          Engines.AUTO, null, AuditMode.LENIENT, Duration.ofSeconds(60), Duration.ofSeconds(30));

  /** Settings with rehearsals by {@code auto}. */
  public CoordinatorSettings(
      String engine,
      @Nullable Path image,
      AuditMode audit,
      Duration walkTimeout,
      Duration resourceTimeout) {
    this(engine, image, audit, walkTimeout, resourceTimeout, Rehearsals.AUTO);
  }

  /**
   * Checks the settings.
   *
   * @throws IllegalArgumentException if a time-out is not longer than zero: no resource could be
   *     brought back within it; if the number of rehearsals is none
   */
  public CoordinatorSettings {
    requireTime("walk-timeout", walkTimeout);
    requireTime("resource-timeout", resourceTimeout);
    Rehearsals.check(rehearse);
  }

  private static void requireTime(String name, Duration timeout) {
    if (timeout.isZero() || timeout.isNegative()) {
      throw new IllegalArgumentException(
          name + " is " + timeout + ", and has to be longer than zero");
    }
  }

  /** How severe the descriptor audit is. */
  public enum AuditMode {
    /**
     * Refuses what the snapshot would lose or could restore only once: files open for writing,
     * sockets, pipes.
     */
    LENIENT,
    /**
     * Refuses in addition all that a CRaC JDK refuses: other files, epoll and event descriptors of
     * native transports.
     */
    STRICT
  }

  /**
   * {@return the settings of the system properties below {@code crac}, defaults where one is
   * absent}
   *
   * @throws IllegalArgumentException if a value cannot be read
   */
  public static CoordinatorSettings fromSystemProperties() {
    SystemSettings settings = SystemSettings.below(PREFIX);
    return new CoordinatorSettings(
        settings.text("engine", DEFAULTS.engine),
        settings.path("image"),
        settings.choice("audit", DEFAULTS.audit),
        settings.duration("walk-timeout", DEFAULTS.walkTimeout),
        settings.duration("resource-timeout", DEFAULTS.resourceTimeout),
        settings.text("rehearse", DEFAULTS.rehearse));
  }

  /**
   * {@return the same, but the defaults where a value cannot be read: every checkpoint is then
   * refused}
   */
  static CoordinatorSettings readable() {
    return UnreadableSettings.read(PREFIX, CoordinatorSettings::fromSystemProperties, DEFAULTS);
  }

  /**
   * These settings, but for those that were given to a restore as system properties.
   *
   * @throws IllegalArgumentException if a value cannot be read
   */
  CoordinatorSettings afterRestore(Set<String> given) {
    if (given.stream().noneMatch(name -> name.startsWith("crac."))) {
      return this;
    }
    CoordinatorSettings now = fromSystemProperties();
    return new CoordinatorSettings(
        given.contains("crac.engine") ? now.engine : engine,
        given.contains("crac.image") ? now.image : image,
        given.contains("crac.audit") ? now.audit : audit,
        given.contains("crac.walk-timeout") ? now.walkTimeout : walkTimeout,
        given.contains("crac.resource-timeout") ? now.resourceTimeout : resourceTimeout,
        given.contains("crac.rehearse") ? now.rehearse : rehearse);
  }
}
