/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/** Internal: the criu command of this machine, its version, its rights and what they lack. */
@NullMarked
package dev.cracadapters.criu.installation;

import org.jspecify.annotations.NullMarked;
