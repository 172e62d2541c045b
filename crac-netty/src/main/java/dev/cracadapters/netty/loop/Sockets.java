/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty.loop;

import io.netty.channel.Channel;
import io.netty.channel.nio.AbstractNioChannel;
import io.netty.channel.unix.UnixChannel;
import java.io.IOException;
import java.nio.channels.SelectableChannel;
import org.jspecify.annotations.Nullable;

/** The sockets below Netty's channels. */
public final class Sockets {

  private Sockets() {}

  /** The channel's NIO socket, or null with another transport. */
  public static @Nullable SelectableChannel selectable(Channel channel) {
    return channel.unsafe() instanceof AbstractNioChannel.NioUnsafe nio ? nio.ch() : null;
  }

  /** Closes a deregistered channel's socket and leaves the channel itself open. */
  public static void closeSocket(Channel channel) throws IOException {
    SelectableChannel selectable = selectable(channel);
    if (selectable != null) {
      selectable.close();
    } else {
      Native.close(channel);
    }
  }

  /** Loaded only with a native transport: its classes are not on every class path. */
  private static final class Native {

    static void close(Channel channel) throws IOException {
      ((UnixChannel) channel).fd().close();
    }
  }
}
