/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jetty.connector;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.jetty.drain.ConnectionDrain;
import java.io.IOException;
import java.net.BindException;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.crac.RestoreException;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.component.LifeCycle;
import org.jspecify.annotations.Nullable;

/**
 * One connector's way through a checkpoint: serving, not accepting, stopped, and back.
 *
 * <p>{@code ServerConnector.shutdown()} is not called while requests are in flight. It cannot be
 * undone but by a stop, which would cut off the very requests a checkpoint was refused for; it
 * closes the listening socket with connections waiting in its queue, which are reset; and in Jetty
 * 12.0 it puts an idle time-out of a second on every connection, which fails a slower request.
 */
public final class ConnectorCheckpoint {

  /** How long a drained connector may take to end its acceptor threads and close its sockets. */
  private static final Duration STOP = Duration.ofSeconds(2);

  private enum Step {
    SERVING,
    NOT_ACCEPTING,
    STOPPED
  }

  private final ServerConnector connector;
  private final ConnectionDrain drain;
  private final TlsContexts tls;
  private Step step = Step.SERVING;
  private int port;
  private boolean portWasChosen;
  private volatile boolean wasAccepting;
  private @Nullable ServerSocketChannel standIn;

  private ConnectorCheckpoint(ServerConnector connector) {
    this.connector = connector;
    this.drain = new ConnectionDrain(connector);
    this.tls = new TlsContexts(connector);
  }

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
          "jetty " + address(connector),
          "its listening socket was inherited from the process's parent and could not be opened"
              + " again",
          "Let Jetty bind the port itself: ServerConnector.setInheritChannel(false)");
    }
    return new ConnectorCheckpoint(connector);
  }

  public static String address(ServerConnector connector) {
    String host = connector.getHost() == null ? "0.0.0.0" : connector.getHost();
    int port = connector.getLocalPort() > 0 ? connector.getLocalPort() : connector.getPort();
    return host + ":" + port;
  }

  public ServerConnector connector() {
    return connector;
  }

  public boolean isServing() {
    return step == Step.SERVING && standIn == null;
  }

  /** Closes the listening socket, after accepting what waits in its queue. */
  public void stopAccepting() throws InterruptedException {
    if (step == Step.SERVING) {
      port = connector.getLocalPort();
      // Below a stand-in the acceptor threads have been waiting since the checkpoint before.
      wasAccepting = standIn == null ? connector.isAccepting() : wasAccepting;
    }
    if (connector.getPort() == 0) {
      // Whoever starts it, this class or Spring Boot's own lifecycle, gets the same port.
      connector.setPort(port);
      portWasChosen = true;
    }
    // A connector that has just started may not have registered its socket yet.
    Selectors.await(connector);
    step = Step.NOT_ACCEPTING;
    drain.begin();
    if (standIn != null) {
      new ListeningSocket(connector, standIn, true).acceptWaitingAndClose();
      standIn = null;
    }
    if (connector.isOpen()) {
      ServerSocketChannel own = (ServerSocketChannel) connector.getTransport();
      new ListeningSocket(connector, own, false).acceptWaitingAndClose();
    }
    Selectors.await(connector);
  }

  /** Moves the drain on; true when no connection is left. */
  public boolean isDrained() {
    if (connector.getAcceptors() > 0 && connector.isAccepting() && !connector.isShutdown()) {
      // A connection limit has let the acceptor go on; without a socket it would spin.
      connector.setAccepting(false);
    }
    drain.step();
    return Selectors.keys(connector) == 0 && connector.getConnectedEndPoints().isEmpty();
  }

  /** Closes idle connections without further patience and tells what remains. */
  public List<String> unfinished() {
    return drain.closeIdle();
  }

  public void stop() throws Exception {
    drain.closeFinished();
    Deadline deadline = Deadline.after(STOP);
    // An acceptor may still hold a connection it has just taken: shutdown() tells when each has let
    // go, a round of the selectors makes that connection count, and then it is drained too.
    CompletableFuture<Void> shutdown = connector.shutdown();
    deadline.await(() -> isDrained() && shutdown.isDone());
    Selectors.await(connector);
    if (!deadline.await(this::isDrained) && !unfinished().isEmpty()) {
      throw new RefusedException(
          "jetty " + address(connector),
          "a connection of the last moment is not done: " + String.join(", ", unfinished()),
          "Take the checkpoint again");
    }
    tls.remember();
    connector.stop();
    step = Step.STOPPED;
    resumeAcceptors();
  }

  public void restore() throws Exception {
    if (step != Step.SERVING && !connector.getServer().isRunning()) {
      // The application was stopped in the meantime; a listener alone would serve nothing.
      served();
    } else if (step == Step.NOT_ACCEPTING && connector.isRunning()) {
      reopenRunning();
    } else if (step != Step.SERVING) {
      if (!connector.isRunning()) {
        start();
      }
      served();
      tls.verify();
    }
  }

  private void resumeAcceptors() {
    // Without acceptor threads the selectors accept, and nothing was held up.
    if (connector.getAcceptors() > 0) {
      connector.setAccepting(wasAccepting);
    }
  }

  private void served() {
    step = Step.SERVING;
    if (portWasChosen) {
      connector.setPort(0);
      portWasChosen = false;
    }
  }

  /** After a refusal: requests are in flight, so the connector cannot be stopped and started. */
  private void reopenRunning() throws Exception {
    if (connector.isOpen()) {
      resumeAcceptors();
      served();
      return;
    }
    if (isDrained()) {
      stop();
      start();
      served();
      tls.verify();
      return;
    }
    try {
      standIn = ListeningSocket.open(connector, port);
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
    } catch (IOException e) {
      throw explained(e);
    }
  }

  private void start() throws Exception {
    // Something else may have stopped it after a refusal, and its acceptors would wait for ever.
    resumeAcceptors();
    awaitEndOfAcceptors();
    try {
      tls.start();
    } catch (Exception e) {
      // A connector that failed half-way may still hold its listening socket.
      try {
        connector.stop();
      } catch (Exception suppressed) {
        e.addSuppressed(suppressed);
      }
      throw explained(e);
    }
  }

  /**
   * A stop interrupts the acceptor threads and does not wait for them. One that is late would find
   * the connector running again, and its interrupt would close the new listening socket. Jetty's
   * {@code join} waits for the pool's thread, which goes on; that it no longer accepts is seen by
   * its name.
   */
  private void awaitEndOfAcceptors() throws InterruptedException {
    String name = "@" + Integer.toHexString(connector.hashCode()) + "{";
    Deadline.after(STOP)
        .await(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .map(Thread::getName)
                    .noneMatch(thread -> thread.contains("-acceptor-") && thread.contains(name)));
  }

  private Exception explained(Exception failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof BindException) {
        String host = connector.getHost() == null ? "0.0.0.0" : connector.getHost();
        RestoreException explained =
            new RestoreException(
                "jetty %s:%d: the port is taken or cannot be bound (%s). Free the port or restore with another server.port"
                    .formatted(host, port, cause.getMessage()));
        explained.initCause(failure);
        return explained;
      }
    }
    return failure;
  }
}
