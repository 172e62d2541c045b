/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty.loop;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import io.netty.channel.Channel;
import io.netty.channel.nio.AbstractNioChannel;
import io.netty.channel.unix.UnixChannel;
import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The sockets below Netty's channels. */
public final class Sockets {

  private Sockets() {}

  /** {@return the NIO socket below a channel, or null with another transport} */
  public static @Nullable SelectableChannel selectable(Channel channel) {
    return channel.unsafe() instanceof AbstractNioChannel.NioUnsafe nio ? nio.ch() : null;
  }

  /** Closes a channel's socket and leaves the channel itself open. */
  public static void closeSocket(Channel channel) throws IOException {
    SelectableChannel selectable = selectable(channel);
    if (selectable != null) {
      selectable.close();
    } else {
      Native.close(channel);
    }
  }

  /**
   * Waits until no selector holds the channels any more: the JDK closes a registered channel's
   * descriptor only when its selector next selects.
   *
   * @throws RefusedException if one is not released in time
   */
  public static void awaitDeregistered(
      List<Channel> channels, List<Loop> loops, String resource, Deadline deadline)
      throws RefusedException, InterruptedException {
    Deadline released = Deadline.after(Duration.ofNanos(Loop.patienceNanos(deadline)));
    for (Channel channel : channels) {
      SelectableChannel selectable = selectable(channel);
      if (selectable != null && !released.await(() -> !selectable.isRegistered())) {
        throw new RefusedException(
            resource,
            "the socket of %s was not released by its selector".formatted(channel),
            Loop.RAISE_TIMEOUT);
      }
    }
    // The selector closes the descriptor just after it has let go of the channel, on its loop.
    Loop.awaitQueued(loops, resource, deadline);
  }

  /** Loaded only with a native transport: its classes are not on every class path. */
  private static final class Native {

    static void close(Channel channel) throws IOException {
      ((UnixChannel) channel).fd().close();
    }
  }
}
