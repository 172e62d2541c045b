/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/**
 * The JDK's own part in a checkpoint: after a restore no two clones of one image produce the same
 * random numbers, and key stores and host names are looked up anew.
 *
 * <p>{@link dev.cracadapters.jdk.JdkResource} is the way in. Without Spring: {@code
 * CheckpointCoordinator.global().register(JdkResource.of())}, as early as possible.
 */
@NullMarked
package dev.cracadapters.jdk;

import org.jspecify.annotations.NullMarked;
