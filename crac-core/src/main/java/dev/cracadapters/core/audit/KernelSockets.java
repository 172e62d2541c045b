/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import dev.cracadapters.core.audit.Descriptor.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's tables of sockets, by inode: what a descriptor {@code socket:[inode]} is. See
 * proc(5).
 */
final class KernelSockets {

  private static final Path NET = Path.of("/proc/self/net");
  private static final String STATE_LISTEN = "0A";

  private record Entry(
      Kind kind,
      String words,
      @Nullable InetSocketAddress local,
      @Nullable InetSocketAddress remote) {}

  private final Map<String, Entry> byInode = new HashMap<>();

  private KernelSockets() {}

  static KernelSockets read() throws IOException {
    KernelSockets sockets = new KernelSockets();
    sockets.readInternet("tcp");
    sockets.readInternet("tcp6");
    sockets.readInternet("udp");
    sockets.readInternet("udp6");
    sockets.readUnix();
    return sockets;
  }

  Descriptor describe(int number, String target) {
    String inode = target.substring("socket:[".length(), target.length() - 1);
    Entry entry = byInode.get(inode);
    if (entry == null) {
      // A TCP socket that is not connected (any more) is in no table, and neither are rarer
      // families.
      return new Descriptor(number, Kind.OTHER_SOCKET, target, true, null, null, List.of());
    }
    return new Descriptor(
        number, entry.kind, entry.words, true, entry.local, entry.remote, List.of());
  }

  private void readInternet(String table) throws IOException {
    for (String[] column : rows(table)) {
      InetSocketAddress local = address(column[1]);
      InetSocketAddress remote = address(column[2]);
      String inode = column[9];
      if (table.startsWith("udp")) {
        byInode.put(
            inode,
            new Entry(Kind.UDP_SOCKET, "UDP socket " + OpenDescriptors.words(local), local, null));
      } else if (column[3].equals(STATE_LISTEN)) {
        byInode.put(
            inode,
            new Entry(
                Kind.TCP_LISTENER,
                "listening socket " + OpenDescriptors.words(local),
                local,
                null));
      } else {
        String words =
            "socket " + OpenDescriptors.words(local) + " -> " + OpenDescriptors.words(remote);
        byInode.put(inode, new Entry(Kind.TCP_CONNECTION, words, local, remote));
      }
    }
  }

  private void readUnix() throws IOException {
    for (String[] column : rows("unix")) {
      String path = column.length > 7 ? column[7] : "";
      String words = path.isEmpty() ? "unnamed Unix socket" : "Unix socket " + path;
      byInode.put(column[6], new Entry(Kind.UNIX_SOCKET, words, null, null));
    }
  }

  private static List<String[]> rows(String table) throws IOException {
    Path file = NET.resolve(table);
    if (!Files.isReadable(file)) {
      return List.of(); // a kernel without this family
    }
    return Files.readAllLines(file).stream()
        .skip(1)
        .map(line -> line.strip().split("\\s+"))
        .toList();
  }

  /** Reads {@code 0100007F:1F90}: words of four bytes in this machine's order, and a port. */
  private static InetSocketAddress address(String text) {
    String[] part = text.split(":");
    int length = part[0].length() / 2;
    ByteBuffer bytes = ByteBuffer.allocate(length);
    for (int word = 0; word < length / 4; word++) {
      int value = Integer.parseUnsignedInt(part[0].substring(word * 8, word * 8 + 8), 16);
      bytes.order(ByteOrder.nativeOrder()).putInt(value);
    }
    try {
      // An IPv4 address inside an IPv6 one becomes the IPv4 address, which is what the user wrote.
      return new InetSocketAddress(
          InetAddress.getByAddress(bytes.array()), Integer.parseInt(part[1], 16));
    } catch (UnknownHostException e) {
      throw new IllegalStateException("The kernel shows an address of " + length + " bytes", e);
    }
  }
}
