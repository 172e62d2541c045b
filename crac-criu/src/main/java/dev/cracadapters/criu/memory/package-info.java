/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/** Internal: makes this process's memory small before a dump, and tells what is where in it. */
@NullMarked
package dev.cracadapters.criu.memory;

import org.jspecify.annotations.NullMarked;
