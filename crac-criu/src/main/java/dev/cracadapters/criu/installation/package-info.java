/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/**
 * Internal: the criu command of this machine. Where it is, which version it is, and which rights it
 * has and lacks.
 */
@NullMarked
package dev.cracadapters.criu.installation;

import org.jspecify.annotations.NullMarked;
