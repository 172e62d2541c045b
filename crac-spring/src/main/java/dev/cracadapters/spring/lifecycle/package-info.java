/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/**
 * Internal: Stops Spring's {@code Lifecycle} beans at a checkpoint, phase by phase, and starts them
 * again.
 */
@NullMarked
package dev.cracadapters.spring.lifecycle;

import org.jspecify.annotations.NullMarked;
