/** Internal: what the adapter reaches in HikariCP without a public method. */
@NullMarked
package dev.cracadapters.hikari.pool;

import org.jspecify.annotations.NullMarked;
