/**
 * How often a checkpoint rehearses: walks down and up before it goes down for its snapshot.
 * Internal to crac-core.
 */
@NullMarked
package dev.cracadapters.core.rehearsal;

import org.jspecify.annotations.NullMarked;
