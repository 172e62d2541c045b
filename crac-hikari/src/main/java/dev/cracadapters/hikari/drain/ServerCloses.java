/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import dev.cracadapters.core.support.KernelSockets;
import dev.cracadapters.core.support.KernelSockets.InternetSocket;
import dev.cracadapters.core.support.KernelSockets.TcpState;
import dev.cracadapters.core.support.Proc;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Tells when the servers have closed their side of the connections that this process has closed. A
 * database session is over when its server process is gone, which is a moment after the driver has
 * closed its socket; asking the database would take a session. But the kernel knows: a connection
 * that we have closed is in FIN_WAIT1 or FIN_WAIT2 until the server's FIN comes. PostgreSQL sends
 * it when the server process has ended: it keeps the socket open on purpose until then, so that
 * "you can be sure the backend has exited" ({@code socket_close} in {@code libpq/pqcomm.c}).
 *
 * <p>This works for any database that is reached by TCP, and on Linux. Elsewhere there is nothing
 * to read, and nothing is waited for.
 */
public final class ServerCloses {

  /** A table that changes while it is read may lack a socket, but hardly each time. */
  private static final int RESET_LOOKS = 3;

  private final Set<Ends> ours = new HashSet<>();

  /** Both ends of a connection. */
  private record Ends(InetSocketAddress local, InetSocketAddress remote) {

    static Ends of(InternetSocket socket) {
      return new Ends(socket.local(), socket.remote());
    }

    /** The far end, such as {@code 10.0.0.5:5432}. */
    String server() {
      return KernelSockets.describe(remote);
    }

    /** Whether the far end is among some servers, addresses with or without a port. */
    boolean isTo(Set<String> servers) {
      return servers.contains(server())
          || servers.contains(KernelSockets.describe(remote.getAddress()));
    }
  }

  /** Takes down the connections that are open in this process now. */
  void remember() {
    ours.addAll(open());
  }

  /**
   * The connections that are closed on this side only: those that were remembered and have been
   * closed since, and others to the same servers, which may have been closed just before. The set
   * is taken once, so that a neighbour who opens and closes connections all the time is not waited
   * for. Further servers are known by their addresses, with or without a port.
   */
  Pending pending(Set<String> known) {
    Set<Ends> closed = new HashSet<>(ours);
    closed.removeAll(open());
    Set<String> servers = closed.stream().map(Ends::server).collect(Collectors.toSet());
    servers.addAll(known);
    Set<Ends> half = halfClosed();
    half.removeIf(ends -> !ends.isTo(servers));
    return new Pending(half);
  }

  /** Connections whose servers have not closed their side yet. */
  static final class Pending {

    private final Set<Ends> left;

    private Pending(Set<Ends> left) {
      this.left = left;
    }

    /** Looks whether all servers have closed their side. */
    boolean isOver() {
      if (!left.isEmpty()) {
        left.retainAll(halfClosed());
      }
      return left.isEmpty();
    }

    /** Waits for some servers no more. */
    void forget(Set<String> servers) {
      left.removeIf(ends -> ends.isTo(servers));
    }

    int count() {
      return left.size();
    }

    /** The servers that have not closed, such as {@code 10.0.0.5:5432}. */
    String servers() {
      return left.stream().map(Ends::server).distinct().sorted().collect(Collectors.joining(", "));
    }
  }

  /** The connections to some servers that are open in this process now. */
  static Watched watch(Set<String> servers) {
    Set<Ends> open = open();
    open.removeIf(ends -> !ends.isTo(servers));
    return new Watched(open);
  }

  /** Connections that are closed soon, of which it matters whether that is done in order. */
  static final class Watched {

    private final Set<Ends> ends;

    private Watched(Set<Ends> ends) {
      this.ends = ends;
    }

    /** Leaves those out that are still open. */
    void keepClosed() {
      ends.removeAll(open());
    }

    /**
     * Whether one of them was reset. Of a connection that we closed the kernel keeps an entry for a
     * minute, but not if something arrived that nobody had read. When the server ends the session
     * is not to be seen then. The same holds where the server was the first to close.
     */
    boolean isAnyReset() {
      Set<Ends> gone = new HashSet<>(ends);
      for (int look = 0; look < RESET_LOOKS && !gone.isEmpty(); look++) {
        table().forEach(socket -> gone.remove(Ends.of(socket)));
      }
      return !gone.isEmpty();
    }
  }

  private static Set<Ends> open() {
    Set<String> inodes = new HashSet<>();
    try {
      Proc self = Proc.self();
      for (int descriptor : self.descriptors()) {
        self.target(descriptor).flatMap(KernelSockets::inode).ifPresent(inodes::add);
      }
    } catch (IOException e) {
      return Set.of(); // no /proc: nothing is known of any socket
    }
    return ends(socket -> inodes.contains(socket.inode()) && socket.state() != TcpState.LISTEN);
  }

  private static Set<Ends> halfClosed() {
    return ends(
        socket -> socket.state() == TcpState.FIN_WAIT1 || socket.state() == TcpState.FIN_WAIT2);
  }

  private static Set<Ends> ends(Predicate<InternetSocket> which) {
    return table().stream().filter(which).map(Ends::of).collect(Collectors.toSet());
  }

  private static List<InternetSocket> table() {
    try {
      return KernelSockets.tcp();
    } catch (IOException e) {
      return List.of(); // no /proc
    }
  }
}
