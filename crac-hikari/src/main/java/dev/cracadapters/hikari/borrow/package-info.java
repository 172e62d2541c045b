/**
 * Which thread has borrowed which connection, since when, and how long the pool was down meanwhile.
 * Internal: a pool's drain asks it.
 */
@NullMarked
package dev.cracadapters.hikari.borrow;

import org.jspecify.annotations.NullMarked;
