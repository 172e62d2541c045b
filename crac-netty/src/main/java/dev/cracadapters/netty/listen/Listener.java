/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty.listen;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.listen.Rebind;
import dev.cracadapters.core.support.Failures;
import dev.cracadapters.core.support.RestoreWatch;
import dev.cracadapters.netty.loop.Loop;
import dev.cracadapters.netty.loop.NettyMembers;
import dev.cracadapters.netty.loop.Sockets;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.channel.ServerChannel;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.crac.RestoreException;
import org.jspecify.annotations.Nullable;

/**
 * One address that the user's code has bound, over all checkpoints.
 *
 * <p>Many a {@code main} waits for {@code channel.closeFuture()}, and ends the application when it
 * completes. So the channel that the user got from {@code bind} is not closed. It is deregistered,
 * and only its socket is closed. From then on it stands for the channel that listens in its place:
 * closing one closes the other, in both directions.
 */
final class Listener {

  private static final String ACCEPTOR =
      ServerBootstrap.class.getName() + "$ServerBootstrapAcceptor";

  private final Channel original;
  private SocketAddress address;
  private volatile Channel current;
  private volatile boolean stopped;
  private volatile RestoreWatch watch = RestoreWatch.begin();
  private @Nullable ChannelFuture binding;

  /** Listens in the place of {@link #current}, and accepts nothing yet. */
  private @Nullable Channel early;

  /** The end of an {@link #early} one that was not needed. */
  private @Nullable ChannelFuture closing;

  /** The end of the channel's registration, or of the channel; null while neither was asked for. */
  private @Nullable ChannelFuture stopping;

  Listener(Channel original) {
    this.original = original;
    this.current = original;
    this.address = original.localAddress();
    original
        .closeFuture()
        .addListener(
            closed -> {
              if (current != original) {
                current.close();
              }
            });
  }

  /** Whether the channel is bound and was made by this bootstrap. */
  static boolean isOf(ServerBootstrap bootstrap, Channel channel) throws RefusedException {
    if (!(channel instanceof ServerChannel) || !channel.isActive()) {
      return false;
    }
    // Two bootstraps may share their groups. What tells them apart is the handler that accepts: it
    // holds the child handler that it gives to connections.
    for (Map.Entry<String, ChannelHandler> entry : channel.pipeline()) {
      ChannelHandler handler = entry.getValue();
      if (handler.getClass().getName().equals(ACCEPTOR)) {
        return NettyMembers.read(handler, "childHandler") == bootstrap.config().childHandler();
      }
    }
    return false;
  }

  /** Where it listens, for people. */
  String describe() {
    return address instanceof InetSocketAddress inet ? Rebind.describe(inet) : address.toString();
  }

  boolean listensOn(Channel channel) {
    return current == channel || (binding != null && binding.channel() == channel);
  }

  /** Whether the user's code has closed it: then it is not ours to bind again. */
  boolean isEnded() {
    return original.closeFuture().isDone();
  }

  /** Whether it could not be bound again, and somebody has bound its address since. */
  boolean isReplacedBy(Channel channel) {
    return stopped && address.equals(channel.localAddress());
  }

  Channel channel() {
    return current;
  }

  /**
   * Closes the listening socket.
   *
   * @return done when the channel is deregistered and its socket closed
   */
  ChannelFuture stop() {
    if (!stopped) {
      watch = RestoreWatch.begin();
    }
    stopped = true;
    stopping = null;
    if (early != null) {
      current = early;
      early = null;
    }
    if (binding != null) {
      // An interrupted restore has left it. Whatever becomes of it must not listen.
      current = binding.channel();
      binding = null;
    }
    if (current != original || !(address instanceof InetSocketAddress)) {
      // A channel of ours, which nobody waits for; or a domain socket, whose close deletes its
      // file.
      stopping = current.close();
      return stopping;
    }
    ChannelPromise closed = original.newPromise();
    stopping = original.deregister();
    stopping.addListener(
        deregistered -> {
          try {
            Sockets.closeSocket(original);
            closed.setSuccess();
          } catch (IOException | RuntimeException | Error e) {
            closed.setFailure(e);
          }
        });
    return closed;
  }

  /**
   * Sees to it that the address is free, also where something was thrown in the middle of {@link
   * #stop}.
   *
   * @return false if the channel listens, since its stop never began
   */
  private boolean giveUpAddress(Deadline deadline) throws RestoreException, InterruptedException {
    ChannelFuture end = stopping;
    if (end == null) {
      return !current.isActive();
    }
    if (!end.await(Loop.patienceNanos(deadline), TimeUnit.NANOSECONDS)) {
      throw failure("was not given up in time. Look for what blocks the event loops", null);
    }
    if (current == original && address instanceof InetSocketAddress) {
      try {
        Sockets.closeSocket(original);
      } catch (IOException e) {
        throw failure("was not given up (" + e.getMessage() + ")", e);
      }
    }
    return true;
  }

  /**
   * Binds the address again where it was given up, and accepts nothing: {@link #start} does.
   *
   * @throws BindException if the address is taken
   */
  void listen(ServerBootstrap bootstrap, Deadline deadline)
      throws BindException, RestoreException, InterruptedException {
    if (stopped && early == null && !isClosedByUser() && giveUpAddress(deadline)) {
      SocketAddress at =
          address instanceof InetSocketAddress before
              ? Rebind.addressAtRestore(before, watch)
              : address;
      early = bind(bootstrap.clone().option(ChannelOption.AUTO_READ, false), at, deadline);
    }
  }

  /** Closes what listens, or is about to, but nobody accepts from. */
  void closeEarly() {
    if (early != null) {
      closing = early.close();
      early = null;
    }
    if (binding != null) {
      closing = binding.channel().close();
      binding = null;
    }
  }

  /**
   * Listens again, unless it does, or the user's code has closed it, and accepts. Where the restore
   * moves it, it listens there from then on.
   *
   * @throws RestoreException if the address cannot be bound; the next call tries again
   */
  void start(ServerBootstrap bootstrap, Deadline deadline)
      throws RestoreException, InterruptedException {
    if (!stopped || isClosedByUser()) {
      return;
    }
    if (!giveUpAddress(deadline)) {
      stopped = false;
      return;
    }
    Channel open = early;
    Channel bound = open != null && open.isActive() ? open : bindAgain(bootstrap, deadline);
    if (!Boolean.FALSE.equals(bootstrap.config().options().get(ChannelOption.AUTO_READ))) {
      bound.config().setAutoRead(true);
    }
    if (address instanceof InetSocketAddress before) {
      address = Rebind.addressAtRestore(before, watch);
    }
    current = bound;
    early = null;
    stopped = false;
    bound
        .closeFuture()
        .addListener(
            closed -> {
              if (!stopped && current == bound) {
                original.close();
              }
            });
    if (isClosedByUser()) {
      bound.close(); // closed while it was being bound, when it could not be passed on
    }
  }

  private Channel bindAgain(ServerBootstrap bootstrap, Deadline deadline)
      throws RestoreException, InterruptedException {
    if (closing != null && !closing.await(Loop.patienceNanos(deadline), TimeUnit.NANOSECONDS)) {
      throw failure("was not given up in time. Look for what blocks the event loops", null);
    }
    try {
      if (address instanceof InetSocketAddress before) {
        InetSocketAddress inet = Rebind.addressAtRestore(before, watch);
        return Rebind.open("netty", inet, deadline, () -> bind(bootstrap, inet, deadline));
      }
      return bind(bootstrap, address, deadline);
    } catch (BindException e) { // of a domain socket: Rebind has explained any other
      throw failure("cannot be bound again (" + e.getMessage() + "). Free it", e);
    }
  }

  private boolean isClosedByUser() {
    return address instanceof InetSocketAddress && isEnded();
  }

  private Channel bind(ServerBootstrap bootstrap, SocketAddress at, Deadline deadline)
      throws BindException, RestoreException, InterruptedException {
    // An earlier call may have been interrupted while it waited: its bind goes on.
    ChannelFuture started = binding == null ? bootstrap.bind(at) : binding;
    binding = started;
    if (!started.await(Loop.patienceNanos(deadline), TimeUnit.NANOSECONDS)) {
      throw failure("was not bound in time. Look for what blocks the event loops", null);
    }
    Throwable cause = started.cause();
    Channel bound = started.channel();
    binding = null;
    if (cause != null) {
      BindException failure = new BindException(cause.getMessage());
      failure.initCause(cause);
      throw failure;
    }
    return bound;
  }

  private RestoreException failure(String what, @Nullable Throwable cause) {
    return Failures.ofRestore("netty %s: the address %s".formatted(describe(), what), cause);
  }
}
