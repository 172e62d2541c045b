/**
 * Holds the application's threads from the snapshot on until the phase {@code JDK} is up again, so
 * that none of them uses in a clone what every clone has: random numbers, properties, environment.
 * Internal to crac-core.
 */
@NullMarked
package dev.cracadapters.core.hold;

import org.jspecify.annotations.NullMarked;
