/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import dev.cracadapters.core.support.KernelSockets;
import dev.cracadapters.core.support.KernelSockets.Family;
import dev.cracadapters.core.support.KernelSockets.InternetSocket;
import dev.cracadapters.core.support.KernelSockets.TcpState;
import dev.cracadapters.core.support.KernelSockets.UnixSocket;
import dev.cracadapters.core.support.Proc;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
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

  private static final Tables PROC =
      new Tables() {
        @Override
        public List<InternetSocket> tcp(Family family) {
          try {
            return KernelSockets.tcp(family);
          } catch (IOException e) {
            return List.of(); // no /proc
          }
        }

        @Override
        public Set<String> unix() {
          try {
            return KernelSockets.unix().stream().map(UnixSocket::inode).collect(Collectors.toSet());
          } catch (IOException e) {
            return new HashSet<>();
          }
        }
      };

  private final Tables tables;

  /** What was open, by its inode. */
  private final Map<String, Ends> ours = new HashMap<>();

  /** Open sockets of this process that are no connection, which need not be looked for again. */
  private final Set<String> others = new HashSet<>();

  /**
   * The kernel's tables. To read one of TCP takes it milliseconds: each is read as seldom as can
   * be.
   */
  interface Tables {

    /** The TCP sockets of a family; none where there is no /proc. */
    List<InternetSocket> tcp(Family family);

    /** The inodes of the Unix domain sockets. */
    Set<String> unix();
  }

  ServerCloses() {
    this(PROC);
  }

  ServerCloses(Tables tables) {
    this.tables = tables;
  }

  /** Both ends of a connection. */
  private record Ends(Family family, InetSocketAddress local, InetSocketAddress remote) {

    static Ends of(Family family, InternetSocket socket) {
      return new Ends(family, socket.local(), socket.remote());
    }

    static Set<Family> families(Collection<Ends> all) {
      Set<Family> families = EnumSet.noneOf(Family.class);
      all.forEach(ends -> families.add(ends.family));
      return families;
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

  /**
   * Takes down the connections that are open in this process now. A table is read only where there
   * is a socket that was not seen before.
   */
  void remember() {
    Set<String> unseen = inodes();
    unseen.removeAll(ours.keySet());
    unseen.removeAll(others);
    // Nearly all of a JVM's own are of IPv6, and the others are mostly Unix domain sockets.
    look(Family.IPV6, unseen);
    if (!unseen.isEmpty()) {
      Set<String> unix = tables.unix();
      unix.retainAll(unseen);
      others.addAll(unix);
      unseen.removeAll(unix);
      look(Family.IPV4, unseen);
    }
  }

  private void look(Family family, Set<String> unseen) {
    if (unseen.isEmpty()) {
      return;
    }
    for (InternetSocket socket : tables.tcp(family)) {
      if (unseen.remove(socket.inode())) {
        if (socket.state() == TcpState.LISTEN) {
          others.add(socket.inode());
        } else {
          ours.put(socket.inode(), Ends.of(family, socket));
        }
      }
    }
  }

  /**
   * The connections that are closed on this side only: those that were remembered and have been
   * closed since, and others to the same servers, which may have been closed just before. The set
   * is taken once, so that a neighbour who opens and closes connections all the time is not waited
   * for. Further servers are known by their addresses, with or without a port.
   */
  Pending pending(Set<String> known) {
    Map<String, Ends> closed = new HashMap<>(ours);
    closed.keySet().removeAll(inodes());
    Set<String> servers = closed.values().stream().map(Ends::server).collect(Collectors.toSet());
    servers.addAll(known);
    // One driver's connections are of one family. Of those that are only known by their server it
    // is not known which.
    Set<Family> families =
        known.isEmpty() ? Ends.families(closed.values()) : EnumSet.allOf(Family.class);
    Set<Ends> half = halfClosed(tables, families);
    half.removeIf(ends -> !ends.isTo(servers));
    return new Pending(tables, half);
  }

  /** Connections whose servers have not closed their side yet. */
  static final class Pending {

    private final Tables tables;
    private final Set<Ends> left;

    private Pending(Tables tables, Set<Ends> left) {
      this.tables = tables;
      this.left = left;
    }

    /** Looks whether all servers have closed their side. */
    boolean isOver() {
      if (!left.isEmpty()) {
        left.retainAll(halfClosed(tables, Ends.families(left)));
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
        gone.removeAll(ends(PROC, Ends.families(gone), any -> true));
      }
      return !gone.isEmpty();
    }
  }

  private static Set<Ends> open() {
    Set<String> inodes = inodes();
    return ends(
        PROC,
        EnumSet.allOf(Family.class),
        socket -> inodes.contains(socket.inode()) && socket.state() != TcpState.LISTEN);
  }

  /** Those of the sockets that this process has open; none where there is no /proc. */
  private static Set<String> inodes() {
    Set<String> inodes = new HashSet<>();
    try {
      Proc self = Proc.self();
      for (int descriptor : self.descriptors()) {
        self.target(descriptor).flatMap(KernelSockets::inode).ifPresent(inodes::add);
      }
    } catch (IOException e) {
      return new HashSet<>(); // nothing is known of any socket
    }
    return inodes;
  }

  private static Set<Ends> halfClosed(Tables tables, Set<Family> families) {
    return ends(
        tables,
        families,
        socket -> socket.state() == TcpState.FIN_WAIT1 || socket.state() == TcpState.FIN_WAIT2);
  }

  private static Set<Ends> ends(
      Tables tables, Set<Family> families, Predicate<InternetSocket> which) {
    Set<Ends> ends = new HashSet<>();
    for (Family family : families) {
      tables.tcp(family).stream()
          .filter(which)
          .map(socket -> Ends.of(family, socket))
          .forEach(ends::add);
    }
    return ends;
  }
}
