/**
 * What adapters share: the private members of a library, {@code /proc}, draining, listening again,
 * key stores that are read again. For adapters, not for applications.
 */
@NullMarked
package dev.cracadapters.core.support;

import org.jspecify.annotations.NullMarked;
