/**
 * What the adapter reaches in HikariCP without a public method. Internal: the packages of
 * crac-hikari use it, and may change it at any time.
 */
@NullMarked
package dev.cracadapters.hikari.pool;

import org.jspecify.annotations.NullMarked;
