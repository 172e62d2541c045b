/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/** Internal: the image folder, and what an image needs from the machine it is restored on. */
@NullMarked
package dev.cracadapters.criu.image;

import org.jspecify.annotations.NullMarked;
