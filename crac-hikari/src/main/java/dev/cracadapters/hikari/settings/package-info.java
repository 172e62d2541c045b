/** Internal: the configuration that a restore gives to a drained pool. */
@NullMarked
package dev.cracadapters.hikari.settings;

import org.jspecify.annotations.NullMarked;
