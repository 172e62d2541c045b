/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/**
 * For tests with real processes, of this module and of others (they depend on this module's {@code
 * test-jar}): start a JVM, take a checkpoint of it, restore it. Every wait is bounded, and whatever
 * was started is ended when its test ends. {@link Keytool} serves other tests as well.
 */
@NullMarked
package dev.cracadapters.criu.testing;

import org.jspecify.annotations.NullMarked;
