/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jetty.connector;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.util.stream.Stream;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.IO;
import org.eclipse.jetty.util.component.LifeCycle;
import org.jspecify.annotations.Nullable;

/**
 * A connector's next listening socket, opened long before the connector starts: the kernel
 * completes connections, up to the back-log, and nobody accepts them yet.
 *
 * <p>It is given to the connector in the moment in which that starts, whoever starts it. Not
 * before: a stopped connector that has a socket cannot be freed of it.
 */
final class EarlySocket implements LifeCycle.Listener {

  private final ServerConnector connector;
  private final InetSocketAddress address;
  private final ServerSocketChannel channel;
  private boolean isTaken;

  private EarlySocket(
      ServerConnector connector, InetSocketAddress address, ServerSocketChannel channel) {
    this.connector = connector;
    this.address = address;
    this.channel = channel;
  }

  /**
   * Listens; null where the connector opens its sockets in a way of its own.
   *
   * @throws IOException if the address cannot be bound
   */
  static @Nullable EarlySocket open(ServerConnector connector, InetSocketAddress address)
      throws IOException {
    if (opensInItsOwnWay(connector.getClass())) {
      return null;
    }
    ServerSocketChannel channel = ListeningSocket.bind(connector, address);
    try {
      EarlySocket early = new EarlySocket(connector, address, channel);
      connector.addEventListener(early);
      return early;
    } catch (RuntimeException | Error e) {
      IO.close(channel);
      throw e;
    }
  }

  private static boolean opensInItsOwnWay(Class<?> type) {
    return Stream.<Class<?>>iterate(
            type, above -> above != ServerConnector.class, Class::getSuperclass)
        .flatMap(below -> Stream.of(below.getDeclaredMethods()))
        .anyMatch(method -> method.getName().equals("openAcceptChannel"));
  }

  @Override
  public synchronized void lifeCycleStarting(LifeCycle starting) {
    ServerSocketChannel taken = take(ConnectorCheckpoint.address(connector));
    if (taken != null) {
      try {
        connector.open(taken);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Gives the socket away, once; null where it was given away, or listens elsewhere. */
  synchronized @Nullable ServerSocketChannel take(InetSocketAddress wanted) {
    connector.removeEventListener(this);
    if (isTaken || !channel.isOpen()) {
      return null;
    }
    if (!address.equals(wanted)) {
      IO.close(channel);
      return null;
    }
    isTaken = true;
    return channel;
  }

  /** Closes the socket, unless it serves. */
  synchronized void close() {
    if (!isTaken || !connector.isRunning()) {
      IO.close(channel);
    }
    connector.removeEventListener(this);
  }
}
