/**
 * How long a checkpoint and a restore take, and how small the image gets, measured with real
 * processes. Nothing here is part of the library.
 */
@NullMarked
package dev.cracadapters.benchmarks;

import org.jspecify.annotations.NullMarked;
