/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/** Internal: how this process and the scripts talk over a dump and a restore. */
@NullMarked
package dev.cracadapters.criu.protocol;

import org.jspecify.annotations.NullMarked;
