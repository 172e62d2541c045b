/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/** Internal: Finds HikariCP pools for crac-hikari, and their configuration after a restore. */
@NullMarked
package dev.cracadapters.spring.pool;

import org.jspecify.annotations.NullMarked;
