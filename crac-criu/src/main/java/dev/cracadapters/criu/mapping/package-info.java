/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/**
 * Internal: turns memory of an image into a file that a restored process maps, instead of pages
 * that CRIU reads. The dump script runs {@link MapMemory} in a JVM of its own, which has the
 * classes of this package and nothing else.
 */
@NullMarked
package dev.cracadapters.criu.mapping;

import org.jspecify.annotations.NullMarked;
