/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.engine;

import static java.util.Objects.requireNonNullElseGet;

import dev.cracadapters.core.SystemSettings;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The settings of the pause engine.
 *
 * @param external whether something outside takes a snapshot
 * @param file without {@code external}: the file whose deletion ends the pause
 * @param readyFile with {@code external}: says that everything is down
 * @param goFile with {@code external}: its appearance ends the pause
 * @param signal with {@code external}: the signal that ends the pause, null for none
 * @param timeout when the pause is given up; zero for never
 * @param holdThreads with {@code external}: whether the application's threads are suspended
 */
record PauseSettings(
    boolean external,
    @Nullable Path file,
    Path readyFile,
    @Nullable Path goFile,
    @Nullable String signal,
    Duration timeout,
    boolean holdThreads) {

  private static final String CONTINUE = "continue";
  private static final Duration FOR_EVER = Duration.ofDays(36_500);

  /**
   * Reads them.
   *
   * @throws IllegalArgumentException if a value cannot be read; the message names the property
   */
  static PauseSettings fromSystemProperties() {
    SystemSettings settings = SystemSettings.below("crac.pause");
    String mode = mode();
    boolean external =
        switch (mode) {
          case CONTINUE -> false;
          case "external" -> true;
          default ->
              throw new IllegalArgumentException(
                  "System property crac.pause is \"%s\", which is neither continue nor external"
                      .formatted(mode));
        };
    String signal = settings.text("signal", "CONT");
    Duration timeout = settings.duration("timeout", Duration.ofMinutes(10));
    return new PauseSettings(
        external,
        absolute(settings.path("file")),
        requireNonNullElseGet(
            absolute(settings.path("ready-file")), PauseSettings::defaultReadyFile),
        absolute(settings.path("go-file")),
        signal.equals("none") ? null : signal,
        timeout.isZero() ? FOR_EVER : timeout,
        settings.flag("hold-threads", true));
  }

  /**
   * {@code crac.pause} is the short form of {@code crac.pause.mode}. Spring has the long one alone:
   * a property there is no value and the beginning of other names at once.
   */
  private static String mode() {
    SystemSettings settings = SystemSettings.below("crac");
    return settings.text("pause", settings.text("pause.mode", CONTINUE));
  }

  /** Whether a pause is asked for that is more than going on, however it is spelled. */
  static boolean isAskedFor() {
    return !mode().equals(CONTINUE);
  }

  /** Whether the short pause is asked for, that ends when a file is deleted. */
  static boolean hasFile() {
    return !SystemSettings.below("crac.pause").text("file", "").isEmpty();
  }

  private static @Nullable Path absolute(@Nullable Path path) {
    return path == null ? null : path.toAbsolutePath();
  }

  private static Path defaultReadyFile() {
    return Path.of(
            System.getProperty("java.io.tmpdir"),
            "crac-" + ProcessHandle.current().pid() + ".ready")
        .toAbsolutePath();
  }

  String describeTimeout() {
    return timeout.equals(FOR_EVER) ? "never" : timeout.toMillis() + " ms";
  }
}
