/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/** Internal: the actuator endpoint {@code /actuator/checkpoint}. */
@NullMarked
package dev.cracadapters.spring.actuate;

import org.jspecify.annotations.NullMarked;
