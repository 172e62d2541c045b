/**
 * How soon a service answers: started in the ways that there are, and restored, in turns in one
 * run. Nothing here is part of the library.
 */
@NullMarked
package dev.cracadapters.benchmarks.start;

import org.jspecify.annotations.NullMarked;
