/**
 * What adapters share: draining, listening again, key stores that are read again. For adapters, not
 * for applications.
 */
@NullMarked
package dev.cracadapters.core.support;

import org.jspecify.annotations.NullMarked;
