/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/**
 * Internal: Makes an application context ready for checkpoints: what is set up before the first
 * bean, and what is registered when the context has been refreshed.
 */
@NullMarked
package dev.cracadapters.spring.context;

import org.jspecify.annotations.NullMarked;
