/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/**
 * Internal: The properties {@code spring.crac.*}, and how they reach the coordinator, the engines
 * and the adapters.
 */
@NullMarked
package dev.cracadapters.spring.properties;

import org.jspecify.annotations.NullMarked;
