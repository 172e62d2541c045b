/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/** Internal: what ties this process to its surroundings, put right around a dump. */
@NullMarked
package dev.cracadapters.criu.process;

import org.jspecify.annotations.NullMarked;
