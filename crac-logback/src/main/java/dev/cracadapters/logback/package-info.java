/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/**
 * Logback at a checkpoint: every log file is closed, and opened again after the restore, without a
 * log event lost, doubled or out of its thread's order, and without a change to the configuration.
 *
 * <p>The way in is {@link dev.cracadapters.logback.LogbackResource}; its settings are {@link
 * dev.cracadapters.logback.LogbackSettings}.
 */
@NullMarked
package dev.cracadapters.logback;

import org.jspecify.annotations.NullMarked;
