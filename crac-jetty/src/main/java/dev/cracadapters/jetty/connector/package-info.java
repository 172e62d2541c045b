/** Internal: one connector stops, and listens again on its port with its TLS contexts made anew. */
@NullMarked
package dev.cracadapters.jetty.connector;

import org.jspecify.annotations.NullMarked;
