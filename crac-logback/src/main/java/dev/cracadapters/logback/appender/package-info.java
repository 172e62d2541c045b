/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/**
 * Internal: finds a context's appenders, waits for their queues, and watches for those that are
 * built while a part of the context is closed.
 */
@NullMarked
package dev.cracadapters.logback.appender;

import org.jspecify.annotations.NullMarked;
