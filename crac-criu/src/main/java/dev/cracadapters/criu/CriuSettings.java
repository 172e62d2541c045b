/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu;

import dev.cracadapters.core.SystemSettings;
import java.time.Duration;

/**
 * The engine's settings, from the system properties below {@code crac.criu}.
 *
 * @param command {@code crac.criu}: the criu command; default {@code criu}, looked for in {@code
 *     PATH}
 * @param dumpTimeout {@code crac.criu.dump-timeout}: how long CRIU may take until its images are
 *     there; default 120 s
 * @param restoreTimeout {@code crac.criu.restore-timeout}: how long CRIU may take at each restore;
 *     default 60 s
 * @param trim {@code crac.criu.trim}: whether the heap is made small first; default true
 * @param map {@code crac.criu.map}: whether a restored process maps the heap, the metaspace and the
 *     C library's arenas, instead of having them read; default off
 * @param verification {@code crac.verify}: whether CRIU restores an image for a trial before the
 *     process ends; default auto
 */
public record CriuSettings(
    String command,
    Duration dumpTimeout,
    Duration restoreTimeout,
    boolean trim,
    Mapping map,
    Verification verification) {

  /** How the heap, the metaspace and the C library's arenas come into a restored process. */
  public enum Mapping {
    /** CRIU reads them. */
    OFF,
    /** Where they are dense, they are mapped. */
    ON
  }

  /** Whether an image is tried by a restore before it takes its place. */
  public enum Verification {
    /** Where the process ends with its checkpoint, and a second one can be beside it. */
    AUTO,
    /** Always: a checkpoint whose image cannot be tried is refused. */
    RESTORE,
    /** Never. */
    OFF
  }

  static CriuSettings fromSystemProperties() {
    SystemSettings settings = SystemSettings.below("crac.criu");
    return new CriuSettings(
        SystemSettings.below("crac").text("criu", "criu"),
        settings.duration("dump-timeout", Duration.ofSeconds(120)),
        settings.duration("restore-timeout", Duration.ofSeconds(60)),
        settings.flag("trim", true),
        settings.choice("map", Mapping.OFF),
        SystemSettings.below("crac").choice("verify", Verification.AUTO));
  }

  /** For a shell's commands: whole seconds, at least one, because 0 means no limit to them. */
  public static String seconds(Duration timeout) {
    return Long.toString(Math.max(1, timeout.plusMillis(999).toSeconds()));
  }
}
