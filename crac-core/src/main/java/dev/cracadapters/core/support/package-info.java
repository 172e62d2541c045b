/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */

/**
 * What more than one adapter needs: the private parts of a library, {@code /proc}, failures that
 * are collected. For adapters, not for applications.
 */
@NullMarked
package dev.cracadapters.core.support;

import org.jspecify.annotations.NullMarked;
