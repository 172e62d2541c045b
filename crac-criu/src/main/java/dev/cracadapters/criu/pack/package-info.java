/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/** Internal: one file of an image, to move it: compressed, and without what the other side has. */
@NullMarked
package dev.cracadapters.criu.pack;

import org.jspecify.annotations.NullMarked;
