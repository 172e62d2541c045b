/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/** Internal: what descriptor policies leave to the engine: files, and listening sockets. */
@NullMarked
package dev.cracadapters.criu.policy;

import org.jspecify.annotations.NullMarked;
