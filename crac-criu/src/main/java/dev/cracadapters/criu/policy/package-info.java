/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/**
 * Internal: what descriptor policies leave to the engine. Files are left to CRIU, listening sockets
 * are set aside for the dump, and files that have changed are closed to their streams.
 */
@NullMarked
package dev.cracadapters.criu.policy;

import org.jspecify.annotations.NullMarked;
