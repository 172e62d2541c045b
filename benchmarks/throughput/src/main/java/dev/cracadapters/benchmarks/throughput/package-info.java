/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/**
 * What an adapter costs between checkpoints: each benchmark does what an application does with a
 * library all the time, once without the adapter and once with it, after a checkpoint.
 */
@NullMarked
package dev.cracadapters.benchmarks.throughput;

import org.jspecify.annotations.NullMarked;
