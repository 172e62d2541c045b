/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/** Internal: says what a checkpoint would lack here. {@code crac-criu doctor} prints it. */
@NullMarked
package dev.cracadapters.criu.doctor;

import org.jspecify.annotations.NullMarked;
