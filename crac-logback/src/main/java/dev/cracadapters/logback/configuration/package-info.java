/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/** Internal: pauses Logback's scanning, and reads a changed configuration after a restore. */
@NullMarked
package dev.cracadapters.logback.configuration;

import org.jspecify.annotations.NullMarked;
