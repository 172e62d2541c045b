/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/**
 * Internal: Finds Logback for crac-logback, and applies Spring Boot's {@code logging.*} of a
 * restore.
 */
@NullMarked
package dev.cracadapters.spring.logging;

import org.jspecify.annotations.NullMarked;
