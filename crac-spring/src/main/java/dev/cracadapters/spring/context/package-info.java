/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/** Internal: what makes an application context ready for checkpoints. */
@NullMarked
package dev.cracadapters.spring.context;

import org.jspecify.annotations.NullMarked;
