/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty.drain;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.Unfinished;
import dev.cracadapters.netty.loop.Loop;
import dev.cracadapters.netty.loop.Sockets;
import io.netty.channel.Channel;
import io.netty.channel.ServerChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The connections that a server has accepted, while its listeners are closed. */
public final class Connections {

  private final Duration drainTimeout;
  private final Duration quietPeriod;
  private final List<ChannelDrain> drains = new ArrayList<>();

  /** Those that were asked to finish last. */
  private List<Channel> finishing = List.of();

  /** No connection yet: {@link #advance} finds them. */
  public Connections(Duration drainTimeout, Duration quietPeriod) {
    this.drainTimeout = drainTimeout;
    this.quietPeriod = quietPeriod;
  }

  /**
   * Has every connection whose listener is closed finish and close. They do so on their event
   * loops; this finds them, and waits for nothing.
   *
   * @return whether none is left
   * @throws RefusedException if an event loop does not answer
   */
  public boolean advance(List<Loop> loops, String resource, Deadline deadline)
      throws RefusedException, InterruptedException {
    if (finishing.stream().anyMatch(channel -> !channel.closeFuture().isDone())) {
      return false;
    }
    Sockets.awaitDeregistered(finishing, loops, resource, deadline);
    // Once more: a connection that was accepted last may have been registered since.
    finishing =
        Loop.channels(loops, resource, deadline).stream()
            .filter(one -> one.parent() instanceof ServerChannel listener && !listener.isOpen())
            .toList();
    for (Channel channel : finishing) {
      ChannelDrain drain = new ChannelDrain(channel, drainTimeout, quietPeriod);
      drains.add(drain);
      drain.start();
    }
    if (finishing.isEmpty()) {
      drains.clear();
    }
    return finishing.isEmpty();
  }

  /**
   * {@return the connections that have not closed, each with what keeps it open}
   *
   * @throws RefusedException if it is a blocked event loop that does
   */
  public List<Unfinished> unfinished(List<Loop> loops, String resource)
      throws RefusedException, InterruptedException {
    List<ChannelDrain> open =
        drains.stream().filter(drain -> !drain.channel().closeFuture().isDone()).toList();
    for (Loop loop : loops) {
      if (open.stream().anyMatch(drain -> drain.channel().eventLoop() == loop.eventLoop())) {
        loop.refuseIfBlocked(resource);
      }
    }
    return open.stream().map(ChannelDrain::unfinished).toList();
  }

  /** Lets connections go on that a failed drain has left open. */
  public void resume() {
    drains.forEach(ChannelDrain::resume);
    drains.clear();
    finishing = List.of();
  }
}
