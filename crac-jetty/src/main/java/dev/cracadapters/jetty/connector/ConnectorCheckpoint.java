/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jetty.connector;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.listen.Rebind;
import dev.cracadapters.core.support.RestoreWatch;
import dev.cracadapters.core.support.Unfinished;
import dev.cracadapters.jetty.drain.ConnectorConnections;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.crac.RestoreException;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.component.LifeCycle;
import org.jspecify.annotations.Nullable;

/**
 * One connector's way through a checkpoint: serving, not accepting, stopped, and back.
 *
 * <p>{@code ServerConnector.shutdown()} is not called while requests are in flight. Only a stop can
 * undo it, which would cut off the very requests a checkpoint was refused for. It closes the
 * listening socket while connections wait in its queue, which are reset. And in Jetty 12.0 it puts
 * an idle time-out of a second on every connection, which fails a slower request.
 */
public final class ConnectorCheckpoint {

  /** How long a drained connector may take to end its acceptor threads and close its sockets. */
  private static final Duration STOP = Duration.ofSeconds(2);

  /** The kernel keeps a port in TIME_WAIT for a minute, which only counts without SO_REUSEADDR. */
  private static final Duration REBIND = Duration.ofSeconds(20);

  private enum Step {
    SERVING,
    NOT_ACCEPTING,
    STOPPED
  }

  private final ServerConnector connector;
  private final ConnectorConnections drain;
  private final TlsFactories tls;
  private Step step = Step.SERVING;
  private RestoreWatch watch = RestoreWatch.begin();
  private boolean portWasChosen;
  private volatile boolean wasAccepting;
  private @Nullable ServerSocketChannel standIn;
  private @Nullable EarlySocket early;
  private @Nullable InetSocketAddress moved; // where the restore has it listen, once that is known

  private ConnectorCheckpoint(ServerConnector connector) {
    this.connector = connector;
    this.drain = new ConnectorConnections(connector);
    this.tls = new TlsFactories(connector);
  }

  /**
   * A connector that runs.
   *
   * @throws RefusedException if its listening socket could not be opened again
   */
  public static ConnectorCheckpoint of(ServerConnector connector) throws RefusedException {
    boolean inherited = false;
    try {
      inherited =
          connector.isInheritChannel() && System.inheritedChannel() instanceof ServerSocketChannel;
    } catch (IOException e) {
      // No channel can be inherited, so none was.
    }
    if (inherited) {
      throw new RefusedException(
          name(connector),
          "its listening socket was inherited from the parent process, and could not be opened again",
          "Let Jetty bind the port itself: ServerConnector.setInheritChannel(false)");
    }
    return new ConnectorCheckpoint(connector);
  }

  /**
   * {@return where a connector listens, or will, with the port that the system chose where it did}
   * The host is not resolved.
   */
  public static InetSocketAddress address(ServerConnector connector) {
    int port = connector.getLocalPort() > 0 ? connector.getLocalPort() : connector.getPort();
    return connector.getHost() == null
        ? new InetSocketAddress(port)
        : InetSocketAddress.createUnresolved(connector.getHost(), port);
  }

  private static String name(ServerConnector connector) {
    return "jetty " + Rebind.describe(address(connector));
  }

  /** What this is about. */
  public ServerConnector connector() {
    return connector;
  }

  /**
   * {@return whether the connector listens with its own socket, and needs nothing more of this
   * class}
   */
  public boolean isServing() {
    return step == Step.SERVING && standIn == null;
  }

  /** Closes the listening socket, after accepting what waits in its queue. */
  public void stopAccepting() throws InterruptedException {
    closeEarly();
    if (step == Step.SERVING) {
      watch = RestoreWatch.begin();
      // Below a stand-in the acceptor threads have been waiting since the checkpoint before.
      wasAccepting = standIn == null ? connector.isAccepting() : wasAccepting;
    }
    if (connector.getPort() == 0) {
      // Whoever starts it, this class or Spring Boot's own lifecycle, gets the same port.
      connector.setPort(connector.getLocalPort());
      portWasChosen = true;
    }
    // A connector that has just started may not have registered its socket yet.
    awaitSelectors();
    step = Step.NOT_ACCEPTING;
    if (standIn != null) {
      new ListeningSocket(connector, standIn, true).acceptWaitingAndClose();
      standIn = null;
    }
    if (connector.isOpen()) {
      ServerSocketChannel own = (ServerSocketChannel) connector.getTransport();
      new ListeningSocket(connector, own, false).acceptWaitingAndClose();
    }
    awaitSelectors();
    drain.begin();
  }

  /** Closes what has been idle for long enough; returns whether no connection is left. */
  public boolean advanceDrain() {
    if (connector.getAcceptors() > 0 && connector.isAccepting() && !connector.isShutdown()) {
      // A connection limit has let the acceptor go on; without a socket it would spin.
      connector.setAccepting(false);
    }
    drain.advance();
    // A connection counts with its selector before it has an end point.
    return connector.getSelectorManager().getTotalKeys() == 0
        && connector.getConnectedEndPoints().isEmpty();
  }

  /** Closes idle connections without further patience; returns what remains. */
  public List<Unfinished> closeIdle() {
    return drain.closeIdle();
  }

  /**
   * Stops the connector, whose connections have come to their end.
   *
   * @throws RefusedException if one has begun something at the last moment
   */
  public void stop() throws Exception {
    drain.closeFinished();
    Deadline deadline = Deadline.after(STOP);
    // An acceptor may still hold a connection it has just taken; after shutdown() it has let go.
    // A round of the selectors makes that connection count, and then it is drained too.
    CompletableFuture<Void> shutdown = connector.shutdown();
    deadline.await(() -> advanceDrain() && shutdown.isDone());
    awaitSelectors();
    if (!deadline.await(this::advanceDrain)) {
      List<Unfinished> left = closeIdle();
      if (!left.isEmpty()) {
        throw new RefusedException(
            name(connector),
            "a connection of the last moment is not done: "
                + left.stream().map(Unfinished::describe).collect(Collectors.joining(", ")),
            "Take the checkpoint again");
      }
    }
    tls.remember();
    connector.stop();
    step = Step.STOPPED;
    resumeAcceptors();
  }

  /**
   * Binds the address again where it was given up, and accepts nothing: {@link #restore} does.
   *
   * @throws IOException if the port is taken
   * @throws RestoreException if it is not known where to listen
   */
  public void listen() throws IOException, RestoreException, InterruptedException {
    if (step == Step.SERVING || early != null || !connector.getServer().isRunning()) {
      return;
    }
    if (connector.isRunning()) {
      awaitSelectors(); // one keeps a socket that was closed a moment ago
    } else {
      move();
    }
    if (!connector.isOpen()) {
      early = EarlySocket.open(connector, address(connector));
    }
  }

  private void closeEarly() {
    if (early != null) {
      early.close();
      early = null;
    }
  }

  /**
   * Listens again, wherever the way down ended. Doing it again does no harm.
   *
   * @throws org.crac.RestoreException if the port is taken, or a key store cannot be read
   */
  public void restore() throws Exception {
    try {
      serveAgain();
    } finally {
      closeEarly(); // what nobody accepts from
    }
  }

  private void serveAgain() throws Exception {
    if (step != Step.SERVING && !connector.getServer().isRunning()) {
      // The application was stopped in the meantime; a listener alone would serve nothing.
      served();
    } else if (step == Step.NOT_ACCEPTING && connector.isRunning()) {
      reopenRunning();
    } else if (step != Step.SERVING) {
      if (!connector.isRunning()) {
        move();
        start();
      }
      served();
      tls.throwFailure();
    }
  }

  /**
   * Waits until each selector has gone round once, at most a second. A connection that was accepted
   * before is then counted, and a channel that was closed before is let go: a channel that a
   * selector still knows keeps its descriptor open.
   */
  private void awaitSelectors() throws InterruptedException {
    Collection<ManagedSelector> selectors =
        connector.getSelectorManager().getBeans(ManagedSelector.class);
    CountDownLatch round = new CountDownLatch(selectors.size());
    selectors.forEach(selector -> selector.submit(ignored -> round.countDown()));
    round.await(1, TimeUnit.SECONDS);
  }

  /** To the address that the restore asks for; once, as that may be another's old one. */
  private void move() throws RestoreException {
    InetSocketAddress before = address(connector);
    if (before.equals(moved)) {
      return;
    }
    InetSocketAddress after = Rebind.addressAtRestore(before, watch);
    if (!after.getHostString().equals(before.getHostString())) {
      connector.setHost(after.getHostString());
    }
    connector.setPort(after.getPort());
    moved = address(connector);
  }

  private void resumeAcceptors() {
    // Without acceptor threads the selectors accept, and nothing was held up.
    if (connector.getAcceptors() > 0) {
      connector.setAccepting(wasAccepting);
    }
  }

  private void served() {
    step = Step.SERVING;
    moved = null;
    if (portWasChosen) {
      connector.setPort(0);
      portWasChosen = false;
    }
  }

  /** After a refusal: requests are in flight, so the connector cannot stop and start. */
  private void reopenRunning() throws Exception {
    // A socket that was closed a moment ago keeps its port as long as a selector knows it.
    awaitSelectors();
    if (connector.isOpen()) {
      resumeAcceptors();
      served();
      return;
    }
    if (advanceDrain()) {
      stop();
      start();
      served();
      tls.throwFailure();
      return;
    }
    InetSocketAddress address = address(connector);
    ServerSocketChannel bound = early == null ? null : early.take(address);
    standIn =
        ListeningSocket.accept(
            connector,
            bound == null
                ? rebind(address, () -> ListeningSocket.bind(connector, address))
                : bound);
    step = Step.SERVING;
    connector.addEventListener(
        new LifeCycle.Listener() {
          @Override
          public void lifeCycleStopped(LifeCycle stopped) {
            // Whoever stopped it, its own acceptors are in charge after the next start.
            connector.removeEventListener(this);
            resumeAcceptors();
          }
        });
  }

  private static <T> T rebind(InetSocketAddress address, Rebind.Attempt<T, Exception> attempt)
      throws Exception {
    return Rebind.open("jetty", address, Deadline.after(REBIND), attempt);
  }

  private void start() throws Exception {
    // Where something else has stopped it after a refusal, its acceptors would wait for ever.
    resumeAcceptors();
    ListeningSocket.awaitEndOfAcceptors(connector, Deadline.after(STOP));
    rebind(
        address(connector),
        () -> {
          try {
            tls.start();
            return connector;
          } catch (Exception e) {
            // A connector that failed half-way may still hold its listening socket.
            try {
              connector.stop();
            } catch (Exception suppressed) {
              e.addSuppressed(suppressed);
            }
            throw e;
          }
        });
  }
}
