/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import dev.cracadapters.core.audit.Descriptor.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
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
  private static final String STATE_CONNECTED = "03";

  /**
   * How many refer to a connected Unix socket whose other end is closed: the kernel and the
   * descriptor. The other end would be the third.
   */
  private static final String ONE_END_LEFT = "00000002";

  /** What a connected Unix socket without a name is called when nobody has its other end. */
  static final String HALF_A_PAIR = "unnamed Unix socket, its other end closed";

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
    for (String[] column : rows(table, 11)) {
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
    for (String[] column : rows("unix", 8)) {
      String path = column.length > 7 ? column[7] : "";
      String words = path.isEmpty() ? "unnamed Unix socket" : "Unix socket " + path;
      if (path.isEmpty() && column[5].equals(STATE_CONNECTED) && column[1].equals(ONE_END_LEFT)) {
        words = HALF_A_PAIR;
      }
      byInode.put(column[6], new Entry(Kind.UNIX_SOCKET, words, null, null));
    }
  }

  private static List<String[]> rows(String table, int columns) throws IOException {
    Path file = NET.resolve(table);
    if (!Files.isReadable(file)) {
      return List.of(); // a kernel without this family
    }
    // Other processes' Unix sockets are here too. Their names may be any bytes, which a reader that
    // insists on UTF-8 would fail at, and may hold blanks and line ends.
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
        .lines()
        .skip(1)
        .map(line -> line.strip().split("\\s+", columns))
        .filter(column -> column.length >= columns - 1)
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
