/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
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

  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
  private static final List<Path> TABLES =
      List.of(Path.of("/proc/self/net/tcp"), Path.of("/proc/self/net/tcp6"));
  private static final String FIN_WAIT1 = "04";
  private static final String FIN_WAIT2 = "05";
  private static final String LISTEN = "0A";

  private final Set<Ends> ours = new HashSet<>();

  /** Both ends of a connection, in the kernel's hexadecimal writing. */
  private record Ends(String local, String remote) {}

  private record Entry(Ends ends, String state, String inode) {}

  /** Takes down the connections that are open in this process now. */
  void remember() {
    ours.addAll(open());
  }

  /**
   * The connections that are closed on this side only: those that were remembered and have been
   * closed since, and others to the same servers, which may have been closed just before. The set
   * is taken once, so that a neighbour who opens and closes connections all the time is not waited
   * for.
   *
   * @param known further servers, as addresses with or without a port
   */
  Pending pending(Set<String> known) {
    Set<Ends> closed = new HashSet<>(ours);
    closed.removeAll(open());
    Set<String> servers = closed.stream().map(Ends::remote).collect(Collectors.toSet());
    Set<Ends> half = halfClosed();
    half.removeIf(ends -> !servers.contains(ends.remote()) && !isKnown(known, ends.remote()));
    return new Pending(half);
  }

  private static boolean isKnown(Set<String> known, String remote) {
    String server = readable(remote);
    return known.contains(server) || known.contains(server.substring(0, server.lastIndexOf(':')));
  }

  /** Connections whose servers have not closed their side yet. */
  static final class Pending {

    private final Set<Ends> left;

    private Pending(Set<Ends> left) {
      this.left = left;
    }

    /** Looks again; true when all servers have closed their side. */
    boolean isOver() {
      if (!left.isEmpty()) {
        left.retainAll(halfClosed());
      }
      return left.isEmpty();
    }

    /** Waits for some servers no more. */
    void forget(Set<String> servers) {
      left.removeIf(ends -> isKnown(servers, ends.remote()));
    }

    int count() {
      return left.size();
    }

    /** The servers that have not closed, such as {@code 10.0.0.5:5432}. */
    String servers() {
      return left.stream()
          .map(ends -> readable(ends.remote()))
          .collect(Collectors.toCollection(TreeSet::new))
          .stream()
          .collect(Collectors.joining(", "));
    }
  }

  /** The connections to some servers that are open in this process now. */
  static Watched watch(Set<String> servers) {
    Set<Ends> open = open();
    open.removeIf(ends -> !isKnown(servers, ends.remote()));
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
      for (int look = 0; look < 3 && !gone.isEmpty(); look++) {
        // A table that changes while it is read may lack an entry.
        table().forEach(entry -> gone.remove(entry.ends()));
      }
      return !gone.isEmpty();
    }
  }

  private static Set<Ends> open() {
    Set<String> inodes = socketInodes();
    return table().stream()
        .filter(entry -> inodes.contains(entry.inode()) && !entry.state().equals(LISTEN))
        .map(Entry::ends)
        .collect(Collectors.toSet());
  }

  private static Set<Ends> halfClosed() {
    return table().stream()
        .filter(entry -> entry.state().equals(FIN_WAIT1) || entry.state().equals(FIN_WAIT2))
        .map(Entry::ends)
        .collect(Collectors.toSet());
  }

  private static Set<String> socketInodes() {
    Set<String> inodes = new HashSet<>();
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(DESCRIPTORS)) {
      for (Path descriptor : descriptors) {
        String target = target(descriptor);
        if (target.startsWith("socket:[")) {
          inodes.add(target.substring("socket:[".length(), target.length() - 1));
        }
      }
    } catch (IOException e) {
      // No /proc: nothing is known of any socket.
      return Set.of();
    }
    return inodes;
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      // Closed since the folder was read.
      return "";
    }
  }

  private static List<Entry> table() {
    List<Entry> entries = new ArrayList<>();
    for (Path table : TABLES) {
      try {
        for (String line : Files.readAllLines(table)) {
          // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout
          // inode
          String[] words = line.strip().split("\\s+");
          if (words.length > 9 && words[0].endsWith(":")) {
            entries.add(new Entry(new Ends(words[1], words[2]), words[3], words[9]));
          }
        }
      } catch (IOException e) {
        // No /proc, or a kernel without IPv6.
      }
    }
    return entries;
  }

  /** Host and port of an address in the kernel's writing: words of 32 bits, each little-endian. */
  public static String readable(String address) {
    int colon = address.indexOf(':');
    byte[] bytes = HexFormat.of().parseHex(address.substring(0, colon));
    for (int word = 0; word + 3 < bytes.length; word += 4) {
      swap(bytes, word, word + 3);
      swap(bytes, word + 1, word + 2);
    }
    int port = Integer.parseInt(address.substring(colon + 1), 16);
    try {
      return written(InetAddress.getByAddress(bytes)) + ':' + port;
    } catch (UnknownHostException e) {
      return address;
    }
  }

  /** An address as it stands before a port. */
  static String written(InetAddress address) {
    String host = address.getHostAddress();
    return address instanceof Inet6Address ? '[' + host + ']' : host;
  }

  private static void swap(byte[] bytes, int one, int other) {
    byte kept = bytes[one];
    bytes[one] = bytes[other];
    bytes[other] = kept;
  }
}
