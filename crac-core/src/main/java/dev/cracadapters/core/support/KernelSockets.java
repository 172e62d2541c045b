/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The kernel's tables of sockets, of all processes in this network namespace; see proc(5). A
 * descriptor's target {@code socket:[inode]} leads to a row. A table that changes while it is read
 * may lack a row. An {@link IOException} says that the kernel shows a table that cannot be read.
 */
public final class KernelSockets {

  private static final int INTERNET_COLUMNS = 11;
  private static final int UNIX_COLUMNS = 8;

  private KernelSockets() {}

  /** States of a TCP socket, as in the kernel's {@code tcp_states.h}. */
  public enum TcpState {
    /** Any other state. */
    OTHER,
    /** Closed by this side, which the other has not acknowledged. */
    FIN_WAIT1,
    /** Closed by this side, which the other has acknowledged, and not by the other. */
    FIN_WAIT2,
    /** Closed by both sides; the kernel keeps the entry, and the port, for a minute. */
    TIME_WAIT,
    /** Accepts connections. */
    LISTEN;

    static TcpState of(String code) {
      return switch (code) {
        case "04" -> FIN_WAIT1;
        case "05" -> FIN_WAIT2;
        case "06" -> TIME_WAIT;
        case "0A" -> LISTEN;
        default -> OTHER;
      };
    }
  }

  /**
   * Which of the kernel's tables has a TCP socket. Java's own sockets are all of IPv6, also those
   * whose ends have IPv4 addresses, unless {@code java.net.preferIPv4Stack} is set.
   */
  public enum Family {
    /** Internet protocol version 4. */
    IPV4("tcp"),
    /** Internet protocol version 6. */
    IPV6("tcp6");

    private final String table;

    Family(String table) {
      this.table = table;
    }
  }

  /**
   * A socket of IPv4 or IPv6. An IPv4 address inside an IPv6 one is shown as the IPv4 address.
   *
   * @param local its own end
   * @param remote the other end, with port 0 if there is none
   * @param state a TCP socket's state
   * @param inode the number in a descriptor's target, "0" once no process has the socket open
   */
  public record InternetSocket(
      InetSocketAddress local, InetSocketAddress remote, TcpState state, String inode) {}

  /**
   * A Unix domain socket.
   *
   * @param path its name, empty if it has none
   * @param isConnected whether it has another end
   * @param isOtherEndOpen whether somebody has that end open
   * @param inode the number in a descriptor's target
   */
  public record UnixSocket(
      String path, boolean isConnected, boolean isOtherEndOpen, String inode) {}

  /** {@return the TCP sockets, those of IPv4, then those of IPv6} */
  public static List<InternetSocket> tcp() throws IOException {
    return internet("tcp", "tcp6");
  }

  /**
   * {@return the TCP sockets of one family} For each table that is read the kernel goes through all
   * of its connections and the empty places for more, which takes some milliseconds on a large
   * machine.
   *
   * @param family whose sockets
   */
  public static List<InternetSocket> tcp(Family family) throws IOException {
    return internet(family.table);
  }

  /** {@return the UDP sockets, those of IPv4, then those of IPv6} */
  public static List<InternetSocket> udp() throws IOException {
    return internet("udp", "udp6");
  }

  /** {@return the Unix domain sockets} */
  public static List<UnixSocket> unix() throws IOException {
    List<UnixSocket> found = new ArrayList<>();
    for (String[] column : rows("unix", UNIX_COLUMNS)) {
      boolean connected = column[5].equals("03");
      // References to a connected socket: the kernel's, the descriptor's, and the other end's.
      boolean otherEndOpen = connected && Integer.parseUnsignedInt(column[1], 16) > 2;
      String path = column.length < UNIX_COLUMNS ? "" : column[7];
      found.add(new UnixSocket(path, connected, otherEndOpen, column[6]));
    }
    return found;
  }

  /**
   * {@return the inode in a descriptor's {@linkplain Proc#target target}, empty if it is no socket}
   */
  public static Optional<String> inode(String target) {
    return target.startsWith("socket:[")
        ? Optional.of(target.substring("socket:[".length(), target.length() - 1))
        : Optional.empty();
  }

  /**
   * {@return a resolved address as people write it: {@code 10.0.0.5:5432}, {@code
   * [0:0:0:0:0:0:0:1]:5432}}
   */
  public static String describe(InetSocketAddress address) {
    return describe(address.getAddress()) + ":" + address.getPort();
  }

  /**
   * {@return an address as it stands before a port: {@code 10.0.0.5}, {@code [0:0:0:0:0:0:0:1]}}
   */
  public static String describe(InetAddress address) {
    String host = address.getHostAddress();
    return host.contains(":") ? "[" + host + "]" : host;
  }

  private static List<InternetSocket> internet(String... tables) throws IOException {
    List<InternetSocket> found = new ArrayList<>();
    for (String table : tables) {
      // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
      for (String[] column : rows(table, INTERNET_COLUMNS)) {
        found.add(
            new InternetSocket(
                address(column[1]), address(column[2]), TcpState.of(column[3]), column[9]));
      }
    }
    return found;
  }

  private static List<String[]> rows(String table, int columns) throws IOException {
    Path file = Proc.self().folder().resolve("net").resolve(table);
    if (!Files.isReadable(file)) {
      return List.of(); // a kernel without this family
    }
    // The names of Unix sockets may hold blanks and line ends.
    return Proc.lines(file).stream()
        .skip(1)
        .map(line -> line.strip().split("\\s+", columns))
        .filter(column -> column.length >= columns - 1)
        .toList();
  }

  /** Reads {@code 0100007F:1F90}: words of four bytes in this machine's order, and a port. */
  static InetSocketAddress address(String text) {
    String[] part = text.split(":");
    int length = part[0].length() / 2;
    ByteBuffer bytes = ByteBuffer.allocate(length);
    for (int word = 0; word < length / 4; word++) {
      int value = Integer.parseUnsignedInt(part[0].substring(word * 8, word * 8 + 8), 16);
      bytes.order(ByteOrder.nativeOrder()).putInt(value);
    }
    try {
      return new InetSocketAddress(
          InetAddress.getByAddress(bytes.array()), Integer.parseInt(part[1], 16));
    } catch (UnknownHostException e) {
      throw new IllegalStateException("The kernel shows an address of " + length + " bytes", e);
    }
  }
}
