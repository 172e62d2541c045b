/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/** Internal: closes the files of appenders and status listeners, and opens them again. */
@NullMarked
package dev.cracadapters.logback.file;

import org.jspecify.annotations.NullMarked;
