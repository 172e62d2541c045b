/**
 * What the JDK has to forget or to read again: host names, TLS contexts; and the way to its private
 * members. Internal: applications use {@link dev.cracadapters.jdk.JdkResource}.
 */
@NullMarked
package dev.cracadapters.jdk.fixup;

import org.jspecify.annotations.NullMarked;
