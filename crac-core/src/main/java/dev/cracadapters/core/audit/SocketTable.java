/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import dev.cracadapters.core.audit.Descriptor.Kind;
import dev.cracadapters.core.support.KernelSockets;
import dev.cracadapters.core.support.KernelSockets.InternetSocket;
import dev.cracadapters.core.support.KernelSockets.TcpState;
import dev.cracadapters.core.support.KernelSockets.UnixSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a socket's descriptor is, by the inode in its target. */
final class SocketTable {

  /** What a connected Unix socket without a name is called when nobody has its other end. */
  static final String HALF_A_PAIR = "unnamed Unix socket, its other end closed";

  private record Entry(
      Kind kind,
      String description,
      @Nullable InetSocketAddress local,
      @Nullable InetSocketAddress remote) {}

  private final Map<String, Entry> byInode = new HashMap<>();

  private SocketTable() {}

  static SocketTable read() throws IOException {
    SocketTable table = new SocketTable();
    KernelSockets.tcp().forEach(socket -> table.byInode.put(socket.inode(), entry(socket)));
    for (InternetSocket socket : KernelSockets.udp()) {
      String description = "UDP socket " + KernelSockets.describe(socket.local());
      table.byInode.put(
          socket.inode(), new Entry(Kind.UDP_SOCKET, description, socket.local(), null));
    }
    for (UnixSocket socket : KernelSockets.unix()) {
      table.byInode.put(
          socket.inode(), new Entry(Kind.UNIX_SOCKET, description(socket), null, null));
    }
    return table;
  }

  private static Entry entry(InternetSocket socket) {
    String local = KernelSockets.describe(socket.local());
    return socket.state() == TcpState.LISTEN
        ? new Entry(Kind.TCP_LISTENER, "listening socket " + local, socket.local(), null)
        : new Entry(
            Kind.TCP_CONNECTION,
            "socket " + local + " -> " + KernelSockets.describe(socket.remote()),
            socket.local(),
            socket.remote());
  }

  private static String description(UnixSocket socket) {
    if (!socket.path().isEmpty()) {
      return "Unix socket " + socket.path();
    }
    return socket.isConnected() && !socket.isOtherEndOpen() ? HALF_A_PAIR : "unnamed Unix socket";
  }

  /** Describes the descriptor of a socket. */
  Descriptor describe(int number, String target) {
    Entry entry = KernelSockets.inode(target).map(byInode::get).orElse(null);
    if (entry == null) {
      // A TCP socket that is not connected (any more) is in no table, and neither are rarer
      // families.
      return new Descriptor(number, Kind.OTHER_SOCKET, target, true, null, null, List.of());
    }
    return new Descriptor(
        number, entry.kind, entry.description, true, entry.local, entry.remote, List.of());
  }
}
