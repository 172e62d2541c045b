/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/** Internal: what becomes of a file's name, period and archives at a restore. */
@NullMarked
package dev.cracadapters.logback.rolling;

import org.jspecify.annotations.NullMarked;
