/** Internal: a pool on its way down to no session, at rest, and on its way up. */
@NullMarked
package dev.cracadapters.hikari.drain;

import org.jspecify.annotations.NullMarked;
