/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/** Internal: Logback for crac-logback, and Spring Boot's {@code logging.*} at a restore. */
@NullMarked
package dev.cracadapters.spring.logging;

import org.jspecify.annotations.NullMarked;
