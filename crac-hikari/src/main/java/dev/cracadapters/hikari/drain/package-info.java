/**
 * A pool on its way down to no session, at rest, and on its way up. Internal: {@link
 * dev.cracadapters.hikari.HikariResource} is the way in.
 */
@NullMarked
package dev.cracadapters.hikari.drain;

import org.jspecify.annotations.NullMarked;
