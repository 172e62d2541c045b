/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/** Internal: Spring's {@code Lifecycle} beans, phase by phase. */
@NullMarked
package dev.cracadapters.spring.lifecycle;

import org.jspecify.annotations.NullMarked;
