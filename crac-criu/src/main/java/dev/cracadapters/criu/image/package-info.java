/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/**
 * Internal: the image folder, and what an image needs from the machine it is restored on: the JDK,
 * the kernel, and the files that the process has in use.
 */
@NullMarked
package dev.cracadapters.criu.image;

import org.jspecify.annotations.NullMarked;
