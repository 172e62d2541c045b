/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/** Internal: signatures by which an image is known to be ours, and its encryption. */
@NullMarked
package dev.cracadapters.criu.protection;

import org.jspecify.annotations.NullMarked;
