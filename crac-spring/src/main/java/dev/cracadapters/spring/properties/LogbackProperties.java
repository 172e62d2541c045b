/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.properties;

import static java.util.Objects.requireNonNullElse;

import dev.cracadapters.logback.LogbackSettings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The properties {@code spring.crac.logback.*}, null where one is not set. Needs crac-logback.
 *
 * @param bufferSize Log events kept for each closed file while it is closed.
 * @param bufferBytes Bytes that the log events kept for a file may take.
 * @param onFull What happens to a log event for which there is no room.
 * @param drainTimeout Time for asynchronous queues to be written and for rolled files to be
 *     compressed.
 * @param onRestore What happens to a log file at a restore.
 * @param reload Whether Logback's configuration is read again at a restore, where it changed.
 */
@ConfigurationProperties("spring.crac.logback")
public record LogbackProperties(
    @Nullable Integer bufferSize,
    @Nullable Integer bufferBytes,
    LogbackSettings.@Nullable OnFull onFull,
    @Nullable Duration drainTimeout,
    LogbackSettings.@Nullable OnRestore onRestore,
    @Nullable Boolean reload) {

  /** The adapter's settings: its own defaults where nothing is set. */
  public LogbackSettings settings() {
    LogbackSettings defaults = LogbackSettings.defaults();
    return new LogbackSettings(
        requireNonNullElse(bufferSize, defaults.bufferSize()),
        requireNonNullElse(bufferBytes, defaults.bufferBytes()),
        requireNonNullElse(onFull, defaults.onFull()),
        requireNonNullElse(drainTimeout, defaults.drainTimeout()),
        requireNonNullElse(onRestore, defaults.onRestore()),
        requireNonNullElse(reload, defaults.reload()));
  }
}
