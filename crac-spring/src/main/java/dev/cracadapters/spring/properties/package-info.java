/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/** Internal: the properties {@code spring.crac.*}, and how they reach whom they are for. */
@NullMarked
package dev.cracadapters.spring.properties;

import org.jspecify.annotations.NullMarked;
