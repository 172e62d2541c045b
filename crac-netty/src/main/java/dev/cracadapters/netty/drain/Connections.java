/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty.drain;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.netty.NettySettings;
import dev.cracadapters.netty.loop.Loop;
import dev.cracadapters.netty.loop.Sockets;
import io.netty.channel.Channel;
import io.netty.channel.ServerChannel;
import java.nio.channels.SelectableChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The connections that a server has accepted. */
public final class Connections {

  private final NettySettings settings;
  private final List<ConnectionDrain> drains = new ArrayList<>();

  public Connections(NettySettings settings) {
    this.settings = settings;
  }

  /** Finishes and closes every connection whose listener is closed. */
  public void drain(List<Loop> loops, String resource, Deadline deadline)
      throws RefusedException, InterruptedException {
    List<Channel> open = ofClosedListeners(Loop.channels(loops, resource, deadline));
    while (!open.isEmpty()) {
      List<ConnectionDrain> round = new ArrayList<>();
      for (Channel channel : open) {
        round.add(new ConnectionDrain(channel, settings));
      }
      drains.addAll(round);
      round.forEach(ConnectionDrain::start);
      for (ConnectionDrain drain : round) {
        if (!drain.channel().closeFuture().await(deadline.remainingNanos(), TimeUnit.NANOSECONDS)) {
          throw unfinished(drain, loops, resource);
        }
      }
      awaitDeregistered(open, loops, resource, deadline);
      // Once more: a connection that was accepted last may have been registered since.
      open = ofClosedListeners(Loop.channels(loops, resource, deadline));
    }
    drains.clear();
  }

  /** Lets connections go on that a failed drain has left open. */
  public void resume() {
    drains.forEach(ConnectionDrain::resume);
    drains.clear();
  }

  /**
   * Waits until no selector holds the channels any more: the JDK closes a registered channel's
   * descriptor only when its selector next selects.
   */
  public static void awaitDeregistered(
      List<Channel> channels, List<Loop> loops, String resource, Deadline deadline)
      throws RefusedException, InterruptedException {
    Deadline released = Deadline.after(Duration.ofNanos(Loop.patience(deadline)));
    for (Channel channel : channels) {
      SelectableChannel selectable = Sockets.selectable(channel);
      if (selectable != null && !released.await(() -> !selectable.isRegistered())) {
        throw new RefusedException(
            resource,
            "the socket of %s was not released by its selector".formatted(channel),
            "Raise spring.crac.netty.drain-timeout");
      }
    }
    // The selector closes the descriptor just after it has let go of the channel, on its loop.
    Loop.awaitQueued(loops, resource, deadline);
  }

  private static List<Channel> ofClosedListeners(List<Channel> channels) {
    List<Channel> children = new ArrayList<>();
    for (Channel channel : channels) {
      if (channel.parent() instanceof ServerChannel listener && !listener.isOpen()) {
        children.add(channel);
      }
    }
    return children;
  }

  private static RefusedException unfinished(
      ConnectionDrain drain, List<Loop> loops, String resource) throws InterruptedException {
    Channel channel = drain.channel();
    for (Loop loop : loops) {
      if (loop.eventLoop() == channel.eventLoop()
          && !channel.eventLoop().submit(() -> {}).await(50, TimeUnit.MILLISECONDS)) {
        return loop.blocked(resource);
      }
    }
    return new RefusedException(
        resource,
        "the connection from %s %s".formatted(channel.remoteAddress(), drain.waitingFor()),
        "Raise spring.crac.netty.drain-timeout, or close that connection");
  }
}
