/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/** Internal: an application's environment as it would be if it were started at the restore. */
@NullMarked
package dev.cracadapters.spring.environment;

import org.jspecify.annotations.NullMarked;
