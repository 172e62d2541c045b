/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/**
 * Internal: looks at this machine, its user and its JVM, and says what a checkpoint would lack. The
 * command {@code crac-criu doctor} prints what is found.
 */
@NullMarked
package dev.cracadapters.criu.doctor;

import org.jspecify.annotations.NullMarked;
