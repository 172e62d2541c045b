/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/** Internal: what the adapters of all libraries share. */
@NullMarked
package dev.cracadapters.spring.adapter;

import org.jspecify.annotations.NullMarked;
