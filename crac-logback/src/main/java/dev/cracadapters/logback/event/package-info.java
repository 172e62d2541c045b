/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/** Internal: where threads that log wait meanwhile, and how many events are kept. */
@NullMarked
package dev.cracadapters.logback.event;

import org.jspecify.annotations.NullMarked;
