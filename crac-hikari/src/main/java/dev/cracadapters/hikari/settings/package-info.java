/**
 * The configuration that a restore gives to a drained pool. Internal: {@link
 * dev.cracadapters.hikari.HikariResource} is the way in.
 */
@NullMarked
package dev.cracadapters.hikari.settings;

import org.jspecify.annotations.NullMarked;
