/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/**
 * Internal: what becomes of a file at a restore: its name, its period, and the archives it is
 * rolled to.
 */
@NullMarked
package dev.cracadapters.logback.rolling;

import org.jspecify.annotations.NullMarked;
