/**
 * Internal: the requests and connections of a connector that no longer accepts come to their end.
 */
@NullMarked
package dev.cracadapters.jetty.drain;

import org.jspecify.annotations.NullMarked;
