/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jetty;

import dev.cracadapters.core.Phase;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.listen.ListeningResource;
import dev.cracadapters.core.listen.Rebind;
import dev.cracadapters.core.support.Drain;
import dev.cracadapters.core.support.Failures;
import dev.cracadapters.core.support.Unfinished;
import dev.cracadapters.jetty.connector.ConnectorCheckpoint;
import dev.cracadapters.jetty.drain.KeepAlive;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.crac.Context;
import org.crac.Resource;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.LocalConnector;
import org.eclipse.jetty.server.MemoryConnector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * Takes a Jetty server's connectors through a checkpoint. Only the connectors stop: the handlers
 * and web applications go on, because a restart would scan and initialise them again (<a
 * href="https://github.com/jetty/jetty.project/issues/10673">Jetty issue 10673</a>).
 *
 * <p><b>At a checkpoint</b> the listening sockets are closed, after the connections that already
 * waited in their queues were accepted. Requests in flight finish and their responses carry {@code
 * Connection: close}; HTTP/2 sessions get a graceful GOAWAY. A persistent connection on which
 * nothing happens is closed a quarter of a second after its last use: a client that is about to
 * send its next request still gets an answer. Then the connectors stop, and no socket and no
 * selector of theirs is open any more.
 *
 * <p><b>It is refused</b> with a {@link RefusedException} that names the requests when some are
 * still in flight after {@link JettySettings#drainTimeout()}. They are not cut off: they finish
 * after the listening sockets are open again.
 *
 * <p><b>After the restore</b> the connectors that were running start on the ports they had, also
 * where the system had chosen the port, or where the restore's system property {@code
 * crac.listen.PORT} says. Key stores in files are read anew, and each TLS context is made anew. A
 * port that is taken, or a key store that cannot be read, is an exception that names it, and the
 * process that has the port. The other connectors are opened all the same, and calling {@link
 * #afterRestore} again tries what is missing.
 */
public final class JettyResource implements ListeningResource {

  private static final String REMEDY =
      "Take the checkpoint when they have finished, end long-lived streams (server-sent events,"
          + " WebSocket) before it, or raise spring.crac.jetty.drain-timeout (system property"
          + " crac.jetty.drain-timeout)";

  private final Server server;
  private final JettySettings settings;
  private final ReentrantLock walk = new ReentrantLock();
  private final KeepAlive keepAlive = new KeepAlive();
  private final Map<Connector, ConnectorCheckpoint> stopped = new IdentityHashMap<>();

  private JettyResource(Server server, JettySettings settings) {
    this.server = Objects.requireNonNull(server, "server");
    this.settings = Objects.requireNonNull(settings, "settings");
  }

  /**
   * {@return the resource of a server, with the settings from the system properties {@code
   * crac.jetty.*}} A server has one.
   *
   * @param server any server; it need not be started yet, and its connectors may change until the
   *     checkpoint
   */
  public static JettyResource of(Server server) {
    return of(server, JettySettings.fromSystemProperties());
  }

  /**
   * {@return the resource of a server, with settings} A server has one.
   *
   * @param server any server, as above
   * @param settings the settings
   */
  public static JettyResource of(Server server, JettySettings settings) {
    return new JettyResource(server, settings);
  }

  /** {@code jetty} and where it listens: {@code jetty 0.0.0.0:8080, 0.0.0.0:8443}. */
  @Override
  public String name() {
    return Stream.of(server.getConnectors())
        .filter(ServerConnector.class::isInstance)
        .map(connector -> Rebind.describe(ConnectorCheckpoint.address((ServerConnector) connector)))
        .collect(Collectors.joining(", ", "jetty ", ""))
        .strip();
  }

  @Override
  public int phase() {
    return Phase.TRAFFIC;
  }

  /**
   * Stops accepting, lets the requests in flight finish, and closes every socket of the connectors.
   *
   * @param context not used
   * @throws RefusedException if requests are still in flight after the drain time-out, or if a
   *     connector is of a kind that cannot be opened again
   * @throws Exception if a connector fails to stop, or the thread was interrupted
   */
  @Override
  public void beforeCheckpoint(Context<? extends Resource> context) throws Exception {
    walk.lockInterruptibly();
    try {
      List<ConnectorCheckpoint> running = running();
      Drain.Wording wording = new Drain.Wording(name(), "request", "in flight", REMEDY);
      new Drain(new Traffic(running), wording, settings.drainTimeout()).run();
      for (ConnectorCheckpoint connector : running) {
        connector.stop();
      }
      keepAlive.resume();
    } finally {
      walk.unlock();
    }
  }

  /** Clients wait in the back-log from {@link #listen} on. */
  @Override
  public boolean callersWait() {
    return true;
  }

  /**
   * Opens the listening sockets that {@link #beforeCheckpoint} closed, and accepts nothing from
   * them yet. Does nothing while a way down that was given up is still at work.
   *
   * @throws Exception if a port is taken; {@link #afterRestore} tries again
   */
  @Override
  public void listen() throws Exception {
    if (walk.tryLock()) {
      try {
        Failures<Exception> failures = new Failures<>();
        for (ConnectorCheckpoint connector : stopped.values()) {
          failures.attempt(connector::listen, Function.identity());
        }
        failures.throwIfAny();
      } finally {
        walk.unlock();
      }
    }
  }

  /**
   * Opens again what {@link #beforeCheckpoint} closed, wherever that got to.
   *
   * @param context not used
   * @throws org.crac.RestoreException if a port is taken or a key store cannot be read; further
   *     ones are suppressed in the first
   * @throws Exception if a connector fails to start for another reason
   */
  @Override
  public void afterRestore(Context<? extends Resource> context) throws Exception {
    walk.lockInterruptibly();
    try {
      Failures<Exception> failures = new Failures<>();
      failures.attempt(keepAlive::resume, Function.identity());
      for (ConnectorCheckpoint connector : List.copyOf(stopped.values())) {
        failures.attempt(connector::restore, Function.identity());
      }
      stopped.values().removeIf(ConnectorCheckpoint::isServing);
      failures.throwIfAny();
    } finally {
      walk.unlock();
    }
  }

  private List<ConnectorCheckpoint> running() throws RefusedException {
    List<ConnectorCheckpoint> running = new ArrayList<>();
    for (Connector connector : server.getConnectors()) {
      // A connector in memory has no descriptor, and a stopped one stays stopped.
      if (connector instanceof LocalConnector
          || connector instanceof MemoryConnector
          || !connector.isRunning()) {
        continue;
      }
      if (!(connector instanceof ServerConnector listening)) {
        throw new RefusedException(
            "jetty " + connector,
            "a " + connector.getClass().getName() + " cannot be closed and opened again",
            "Listen with a ServerConnector, or stop this connector before the checkpoint");
      }
      running.add(ConnectorCheckpoint.of(listening));
    }
    // Only now, so that a refusal leaves nothing to undo.
    running.forEach(checkpoint -> stopped.putIfAbsent(checkpoint.connector(), checkpoint));
    return running.stream().map(checkpoint -> stopped.get(checkpoint.connector())).toList();
  }

  /** The requests in flight on all connectors that run. */
  private final class Traffic implements Drain.Source {

    private final List<ConnectorCheckpoint> running;

    Traffic(List<ConnectorCheckpoint> running) {
      this.running = running;
    }

    @Override
    public void stopAccepting() throws InterruptedException {
      running.forEach(connector -> keepAlive.end(connector.connector()));
      for (ConnectorCheckpoint connector : running) {
        connector.stopAccepting();
      }
    }

    @Override
    public boolean advance() {
      boolean drained = true;
      for (ConnectorCheckpoint connector : running) {
        drained &= connector.advanceDrain();
      }
      return drained;
    }

    @Override
    public List<Unfinished> closeIdle() {
      return running.stream().flatMap(connector -> connector.closeIdle().stream()).toList();
    }
  }
}
