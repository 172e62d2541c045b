/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty.listen;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.Failures;
import dev.cracadapters.netty.loop.Loop;
import dev.cracadapters.netty.loop.Sockets;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerAdapter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.crac.RestoreException;

/** Every address that the user's code has bound through one bootstrap. */
public final class Listeners {

  private final ServerBootstrap bootstrap;
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();

  /** No address yet: {@link #find} finds them. */
  public Listeners(ServerBootstrap bootstrap) {
    this.bootstrap = bootstrap;
  }

  /** The addresses that were found last, for people. */
  public String addresses() {
    return listeners.stream().map(Listener::describe).collect(Collectors.joining(", "));
  }

  /** Adds what the user's code has bound, and forgets what it has closed. */
  public void find(List<Channel> channels) throws RefusedException {
    listeners.removeIf(Listener::isEnded);
    for (Channel channel : channels) {
      if (listeners.stream().noneMatch(listener -> listener.listensOn(channel))
          && Listener.isOf(bootstrap, channel)) {
        listeners.removeIf(listener -> listener.isReplacedBy(channel));
        listeners.add(new Listener(channel));
      }
    }
  }

  /**
   * Closes the listening sockets; refuses where one does not close, or could not be bound again.
   */
  public void stop(List<Loop> loops, String resource, Deadline deadline)
      throws RefusedException, InterruptedException {
    refuseOneTimeHandler(resource);
    List<Channel> channels = new ArrayList<>();
    List<ChannelFuture> stopping = new ArrayList<>();
    for (Listener listener : listeners) {
      stopping.add(listener.stop());
      channels.add(listener.channel());
    }
    for (ChannelFuture stopped : stopping) {
      if (!stopped.await(Loop.patienceNanos(deadline), TimeUnit.NANOSECONDS)
          || stopped.cause() != null) {
        throw new RefusedException(
            resource, "a listening socket was not closed", Loop.RAISE_TIMEOUT, stopped.cause());
      }
    }
    Sockets.awaitDeregistered(channels, loops, resource, deadline);
  }

  /** Binds every address again, and accepts nothing yet. A failure stops no other. */
  public void listen(Deadline deadline, Failures<Exception> failures) {
    if (!isShuttingDown()) {
      for (Listener listener : listeners) {
        failures.attempt(() -> listener.listen(bootstrap, deadline), Function.identity());
      }
    }
  }

  /** Closes what {@link #listen} has bound, and {@link #start} could not accept from. */
  public void closeEarly() {
    Failures<RuntimeException> failures = new Failures<>();
    for (Listener listener : listeners) {
      failures.attempt(listener::closeEarly, IllegalStateException::new);
    }
    failures.throwIfAny();
  }

  private boolean isShuttingDown() {
    return bootstrap.config().group() != null && bootstrap.config().group().isShuttingDown();
  }

  /** Listens again on every address, in their order, and accepts. A failure stops no other. */
  public void start(Deadline deadline, Failures<RestoreException> failures)
      throws InterruptedException {
    if (isShuttingDown()) {
      listeners.clear();
    }
    for (Listener listener : listeners) {
      try {
        listener.start(bootstrap, deadline);
      } catch (RestoreException e) {
        failures.note(e);
      }
    }
  }

  /** Netty lets a handler that is not sharable into one pipeline only, ever. */
  private void refuseOneTimeHandler(String resource) throws RefusedException {
    if (!listeners.isEmpty()
        && bootstrap.config().handler() instanceof ChannelHandlerAdapter handler
        && !handler.isSharable()) {
      throw new RefusedException(
          resource,
          "the handler %s of its bootstrap can be used for one bind only"
              .formatted(handler.getClass().getName()),
          "Annotate it with @Sharable, or have a ChannelInitializer create it");
    }
  }
}
