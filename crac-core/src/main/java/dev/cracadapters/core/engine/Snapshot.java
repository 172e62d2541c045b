/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.engine;

import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.RestoreInfo;
import org.jspecify.annotations.Nullable;

/**
 * What an engine knows when it returns in the restored process.
 *
 * @param image what was written, or null when the engine writes nothing
 * @param restore what the restoring side told, or null when the process only paused
 */
public record Snapshot(CheckpointReport.@Nullable Image image, @Nullable RestoreInfo restore) {}
