/** Internal: the connections that a server has accepted finish and close. */
@NullMarked
package dev.cracadapters.netty.drain;

import org.jspecify.annotations.NullMarked;
