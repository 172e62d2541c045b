/**
 * Random generators, which must not give the same numbers in two clones. Internal: applications use
 * {@link dev.cracadapters.jdk.JdkResource}.
 */
@NullMarked
package dev.cracadapters.jdk.random;

import org.jspecify.annotations.NullMarked;
