/**
 * Netty servers at a checkpoint: a plain {@link io.netty.bootstrap.ServerBootstrap} gives up its
 * listening sockets, its connections and, with native epoll, its event loops' descriptors, and
 * listens again on the same addresses after the restore.
 *
 * <p>{@link dev.cracadapters.netty.NettyResource} is the way in.
 */
@NullMarked
package dev.cracadapters.netty;

import org.jspecify.annotations.NullMarked;
