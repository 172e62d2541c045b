/**
 * What more than one adapter needs: draining, listening again, key stores that are read again, the
 * private parts of a library, {@code /proc}, failures that are collected. For adapters, not for
 * applications.
 */
@NullMarked
package dev.cracadapters.core.support;

import org.jspecify.annotations.NullMarked;
