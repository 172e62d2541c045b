/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/**
 * Internal: The actuator endpoint {@code /actuator/checkpoint} and the context of a management
 * port.
 */
@NullMarked
package dev.cracadapters.spring.actuate;

import org.jspecify.annotations.NullMarked;
