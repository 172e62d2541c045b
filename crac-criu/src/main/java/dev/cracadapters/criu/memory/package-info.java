/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/**
 * Internal: this process's memory. Makes it small before a dump, and describes where the JVM keeps
 * what.
 */
@NullMarked
package dev.cracadapters.criu.memory;

import org.jspecify.annotations.NullMarked;
