/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/** Internal: environment variables and system properties that a restore gives to the process. */
@NullMarked
package dev.cracadapters.criu.environment;

import org.jspecify.annotations.NullMarked;
