/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/**
 * Internal: what ties this process to its surroundings and has to be right before a dump and after
 * a restore: its session, its standard streams, and the files by which tools and scripts find it.
 */
@NullMarked
package dev.cracadapters.criu.process;

import org.jspecify.annotations.NullMarked;
