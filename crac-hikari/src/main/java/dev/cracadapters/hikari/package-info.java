/**
 * HikariCP at a checkpoint: the pool is drained to the last database session, and filled again
 * after the restore. {@link dev.cracadapters.hikari.HikariResource} is the way in.
 */
@NullMarked
package dev.cracadapters.hikari;

import org.jspecify.annotations.NullMarked;
