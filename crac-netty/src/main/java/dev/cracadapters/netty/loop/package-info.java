/**
 * Internal: the event loops of a server, the channels that they know, and native epoll loops that
 * wait without their descriptors.
 */
@NullMarked
package dev.cracadapters.netty.loop;

import org.jspecify.annotations.NullMarked;
