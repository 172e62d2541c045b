/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/**
 * Internal: The configuration of a restore: an application's environment as it would be if the
 * application were started now.
 */
@NullMarked
package dev.cracadapters.spring.environment;

import org.jspecify.annotations.NullMarked;
