/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/**
 * Internal: finds a context's appenders, those built meanwhile as well, and waits for their queues.
 */
@NullMarked
package dev.cracadapters.logback.appender;

import org.jspecify.annotations.NullMarked;
