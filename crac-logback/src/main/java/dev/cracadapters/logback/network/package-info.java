/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/** Internal: closes appenders' connections, keeps the events meanwhile, and connects again. */
@NullMarked
package dev.cracadapters.logback.network;

import org.jspecify.annotations.NullMarked;
