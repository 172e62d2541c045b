/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.Phase;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.listen.ListeningResource;
import dev.cracadapters.core.support.Drain;
import dev.cracadapters.core.support.Failures;
import dev.cracadapters.core.support.Unfinished;
import dev.cracadapters.netty.drain.Connections;
import dev.cracadapters.netty.listen.Listeners;
import dev.cracadapters.netty.loop.Loop;
import dev.cracadapters.netty.loop.ParkedLoop;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.bootstrap.ServerBootstrapConfig;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.crac.Context;
import org.crac.Resource;
import org.crac.RestoreException;
import org.jspecify.annotations.Nullable;

/**
 * The servers that a {@link ServerBootstrap} has bound, at a checkpoint.
 *
 * <p><b>At a checkpoint</b> the listening sockets are closed, what has been read from the accepted
 * connections is answered, and the connections end with a FIN. With native epoll the event loops
 * then give up their own descriptors and wait; with NIO they go on, with empty selectors. When
 * {@link #beforeCheckpoint} returns, no socket of the bootstrap is open.
 *
 * <p><b>After a restore</b> the same addresses are bound again through the same bootstrap, with the
 * port that was really bound where the user asked for port 0, or where the restore's system
 * property {@code crac.listen.PORT} says. The {@link Channel} that the user once got from {@code
 * bind} stays usable for closing: its {@code closeFuture()} does not complete at a checkpoint, and
 * {@code close()} on it closes the channel that listens now. Its {@code isOpen()} and {@code
 * isActive()} are not to be relied on after the first checkpoint. Groups that were shut down
 * meanwhile stay down.
 *
 * <p><b>A failure</b> is a {@link RefusedException} before the snapshot: an event loop that is
 * blocked (with its thread and stack), a client that does not take its answer, io_uring. {@link
 * #afterRestore} then binds again what was closed. An address that cannot be bound again is a
 * {@link RestoreException} that names it; the others are bound all the same, and another call of
 * {@code afterRestore} tries it again.
 *
 * <p>Channels are found by asking the event loops, at a checkpoint only; the bootstrap is not
 * changed, and it does not matter whether it is bound before or after {@link #of}.
 */
public final class NettyResource implements ListeningResource {

  private final ServerBootstrap bootstrap;
  private final NettySettings settings;
  private final Connections connections;
  private final Listeners listeners;
  private final ReentrantLock walking = new ReentrantLock();

  private NettyResource(ServerBootstrap bootstrap, NettySettings settings) {
    this.bootstrap = bootstrap;
    this.settings = settings;
    this.listeners = new Listeners(bootstrap);
    this.connections = new Connections(settings.drainTimeout(), settings.quietPeriod());
  }

  /**
   * {@return the resource of a bootstrap, with the settings of the system properties {@code
   * crac.netty.*}}
   *
   * @param bootstrap bound already or later, once or several times
   * @throws IllegalArgumentException if a system property cannot be read
   */
  public static NettyResource of(ServerBootstrap bootstrap) {
    return of(bootstrap, NettySettings.fromSystemProperties());
  }

  /**
   * {@return the resource of a bootstrap}
   *
   * @param bootstrap bound already or later, once or several times
   * @param settings how long it may take
   */
  public static NettyResource of(ServerBootstrap bootstrap, NettySettings settings) {
    return new NettyResource(bootstrap, settings);
  }

  /**
   * {@code netty 0.0.0.0:7000}, with every address that was bound when the last checkpoint began.
   *
   * @return {@code netty} alone before the first
   */
  @Override
  public String name() {
    return ("netty " + listeners.addresses()).strip();
  }

  @Override
  public int phase() {
    return Phase.TRAFFIC;
  }

  @Override
  public void beforeCheckpoint(@Nullable Context<? extends Resource> context)
      throws RefusedException, InterruptedException {
    walking.lockInterruptibly();
    try {
      ServerBootstrapConfig config = bootstrap.config();
      Traffic traffic = new Traffic(Loop.of(config.group(), config.childGroup()));
      traffic.drain.run();
      ParkedLoop.park(traffic.loops, name(), traffic.drain.deadline());
    } finally {
      walking.unlock();
    }
  }

  /** Clients wait in the back-log from {@link #listen} on. */
  @Override
  public boolean callersWait() {
    return true;
  }

  /**
   * Binds the addresses again that {@link #beforeCheckpoint} has given up, with the same bootstrap
   * but for {@code AUTO_READ}: nothing is accepted before {@link #afterRestore} turns it on. Its
   * {@code handler} sees the channel become active now. Does nothing while a way down that was
   * given up is still at work.
   *
   * @throws Exception if an address is taken; {@link #afterRestore} tries again
   */
  @Override
  public void listen() throws Exception {
    if (walking.tryLock()) {
      try {
        Deadline deadline = Deadline.after(settings.drainTimeout());
        Failures<RestoreException> loops = new Failures<>();
        releaseLoops(bootstrap.config().group(), deadline, loops);
        loops.throwIfAny();
        Failures<Exception> failures = new Failures<>();
        listeners.listen(deadline, failures);
        failures.throwIfAny();
      } finally {
        walking.unlock();
      }
    }
  }

  @Override
  public void afterRestore(@Nullable Context<? extends Resource> context)
      throws RestoreException, InterruptedException {
    walking.lockInterruptibly();
    try {
      Deadline deadline = Deadline.after(settings.drainTimeout());
      ServerBootstrapConfig config = bootstrap.config();
      Failures<RestoreException> failures = new Failures<>();
      releaseLoops(config.group(), deadline, failures);
      releaseLoops(config.childGroup(), deadline, failures);
      connections.resume();
      listeners.start(deadline, failures);
      failures.throwIfAny();
    } finally {
      try {
        listeners.closeEarly();
      } finally {
        walking.unlock();
      }
    }
  }

  private void releaseLoops(
      @Nullable EventLoopGroup group, Deadline deadline, Failures<RestoreException> failures)
      throws InterruptedException {
    if (group != null) {
      for (EventExecutor loop : group) {
        try {
          ParkedLoop.release(loop, name(), deadline);
        } catch (RestoreException e) {
          failures.note(e);
        }
      }
    }
  }

  /** What comes in through the listeners, and over the connections. */
  private final class Traffic implements Drain.Source {

    private final List<Loop> loops;
    private final Drain drain;

    Traffic(List<Loop> loops) {
      this.loops = loops;
      this.drain =
          new Drain(
              this,
              new Drain.Wording(
                  name(), "connection", "open", Loop.RAISE_TIMEOUT + ", or close it on the client"),
              settings.drainTimeout());
    }

    @Override
    public void stopAccepting() throws RefusedException, InterruptedException {
      // Asks every loop while nothing is closed yet: where one is blocked the server serves on.
      listeners.find(Loop.channels(loops, name(), drain.deadline()));
      listeners.stop(loops, name(), drain.deadline());
    }

    @Override
    public boolean advance() throws RefusedException, InterruptedException {
      return connections.advance(loops, name(), drain.deadline());
    }

    @Override
    public List<Unfinished> closeIdle() throws RefusedException, InterruptedException {
      // What is idle was closed at half of the time, by its ChannelDrain.
      List<Unfinished> left = connections.unfinished(loops, name());
      return left.isEmpty() && !advance() ? connections.unfinished(loops, name()) : left;
    }
  }
}
