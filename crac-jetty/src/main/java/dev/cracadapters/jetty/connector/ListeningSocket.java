/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jetty.connector;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.support.ThreadStacks;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.IO;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * Closes a listening socket without resetting the connections that wait in its queue.
 *
 * <p>The kernel completes connections on its own, up to the backlog, and resets those that nobody
 * has accepted when the listening socket is closed. So the queue is emptied first, without
 * blocking, and the socket closed right after. What remains is a connection that arrives in the
 * microseconds between the two, or whose handshake is still on its way: its client sees a reset
 * before anything was read, and may send again.
 */
final class ListeningSocket {

  private static final int CONNECT_TIMEOUT_MILLIS = 200;
  private static final int ACCEPTORS_TIMEOUT_MILLIS = 1000;

  private final ServerConnector connector;
  private final ServerSocketChannel channel;
  private final boolean acceptedBySelector;

  ListeningSocket(ServerConnector connector, ServerSocketChannel channel, boolean standIn) {
    this.connector = connector;
    this.channel = channel;
    this.acceptedBySelector = standIn || connector.getAcceptors() == 0;
  }

  void acceptWaitingAndClose() {
    try (channel) {
      if (!acceptedBySelector) {
        takeFromAcceptors();
      }
      for (SocketChannel next = channel.accept(); next != null; next = channel.accept()) {
        handOver(next);
      }
    } catch (IOException e) {
      // The time-out or somebody else has closed the channel, which is the aim.
    }
  }

  /**
   * Gets the acceptor threads out of their blocking {@code accept()} without closing the channel:
   * an interrupt would close it. Each accepts one more connection, one of ours if no other comes.
   * Then it waits, because the connector no longer accepts.
   */
  private void takeFromAcceptors() throws IOException {
    connector.setAccepting(false);
    List<Socket> wakeUps = new ArrayList<>();
    // configureBlocking waits for an acceptor that is still inside accept(): limit that.
    Scheduler.Task timeout =
        connector
            .getScheduler()
            .schedule(() -> IO.close(channel), ACCEPTORS_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
    try {
      for (int i = 0; i < connector.getAcceptors(); i++) {
        wakeUps.add(wakeUp());
      }
      channel.configureBlocking(false);
    } finally {
      timeout.cancel();
      wakeUps.forEach(IO::close);
    }
  }

  private Socket wakeUp() throws IOException {
    InetSocketAddress address = (InetSocketAddress) channel.getLocalAddress();
    InetAddress host =
        address.getAddress().isAnyLocalAddress()
            ? InetAddress.getLoopbackAddress()
            : address.getAddress();
    Socket socket = new Socket();
    try {
      socket.connect(new InetSocketAddress(host, address.getPort()), CONNECT_TIMEOUT_MILLIS);
    } catch (IOException e) {
      // The queue is full, so no acceptor is left waiting for a connection.
    }
    return socket;
  }

  /** What {@code ServerConnector.accepted} does, which is private. */
  private void handOver(SocketChannel accepted) {
    try {
      accepted.configureBlocking(false);
      accepted.setOption(StandardSocketOptions.TCP_NODELAY, connector.getAcceptedTcpNoDelay());
      if (connector.getAcceptedReceiveBufferSize() > -1) {
        accepted.setOption(
            StandardSocketOptions.SO_RCVBUF, connector.getAcceptedReceiveBufferSize());
      }
      if (connector.getAcceptedSendBufferSize() > -1) {
        accepted.setOption(StandardSocketOptions.SO_SNDBUF, connector.getAcceptedSendBufferSize());
      }
      connector.getSelectorManager().accept(accepted);
    } catch (IOException e) {
      // The client has gone.
      IO.close(accepted);
    }
  }

  /**
   * Listens where a connector will, with its options, and accepts nothing yet.
   *
   * @throws IOException if the port cannot be bound
   */
  static ServerSocketChannel bind(ServerConnector connector, InetSocketAddress address)
      throws IOException {
    ServerSocketChannel channel = ServerSocketChannel.open();
    try {
      channel.setOption(StandardSocketOptions.SO_REUSEADDR, connector.getReuseAddress());
      if (connector.isReusePort()) {
        channel.setOption(StandardSocketOptions.SO_REUSEPORT, true);
      }
      channel.bind(
          address.isUnresolved()
              ? new InetSocketAddress(address.getHostString(), address.getPort())
              : address,
          connector.getAcceptQueueSize());
      return channel;
    } catch (IOException | RuntimeException | Error e) {
      IO.close(channel);
      throw e;
    }
  }

  /**
   * Accepts for a connector that is still running, because it has requests in flight after a
   * refused checkpoint. Its own channel cannot be replaced before it is stopped; its selectors
   * accept from this one, as they do for a connector without acceptor threads.
   */
  static ServerSocketChannel accept(ServerConnector connector, ServerSocketChannel channel)
      throws IOException {
    try {
      channel.configureBlocking(false);
      connector.getSelectorManager().acceptor(channel);
      return channel;
    } catch (IOException | RuntimeException | Error e) {
      IO.close(channel);
      throw e;
    }
  }

  /**
   * A stop interrupts the acceptor threads and does not wait for them. One that is late would find
   * the connector running again, and its interrupt would close the new listening socket. Jetty's
   * {@code join} waits for the pool's thread, which goes on. Its name shows that it no longer
   * accepts.
   */
  static void awaitEndOfAcceptors(ServerConnector connector, Deadline deadline)
      throws InterruptedException {
    String name = "@" + Integer.toHexString(connector.hashCode()) + "{";
    deadline.await(
        () ->
            ThreadStacks.threads().stream()
                .map(Thread::getName)
                .noneMatch(thread -> thread.contains("-acceptor-") && thread.contains(name)));
  }
}
