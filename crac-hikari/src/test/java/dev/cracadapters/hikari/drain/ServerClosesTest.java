/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.support.KernelSockets;
import dev.cracadapters.core.support.KernelSockets.Family;
import dev.cracadapters.core.support.KernelSockets.InternetSocket;
import dev.cracadapters.core.support.KernelSockets.UnixSocket;
import dev.cracadapters.hikari.fixture.Deadlines;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whether a connection that was closed in this process was closed in order. */
@Timeout(30)
class ServerClosesTest {

  private ServerSocket server;
  private Socket client;
  private Socket session;
  private ServerCloses.Watched watched;

  @BeforeEach
  void connect() throws IOException {
    server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    client = new Socket(server.getInetAddress(), server.getLocalPort());
    session = server.accept();
    watched = ServerCloses.watch(Set.of("127.0.0.1:" + server.getLocalPort()));
  }

  @AfterEach
  void disconnect() throws IOException {
    session.close();
    client.close();
    server.close();
  }

  @Test
  @DisplayName("A connection that is closed in order is not taken for reset, at any time")
  void closedInOrder() throws Exception {
    assertThat(watched.isAnyReset()).isFalse();
    client.close();
    assertThat(watched.isAnyReset()).isFalse();
    assertThat(session.getInputStream().read()).isEqualTo(-1);
    session.close();
    assertThat(watched.isAnyReset()).isFalse();
  }

  @Test
  @DisplayName("A connection that is closed before all was read is reset")
  void closedWithSomethingUnread() throws Exception {
    ServerCloses.Watched others = ServerCloses.watch(Set.of("127.0.0.1:1"));
    session.getOutputStream().write(1);
    Deadlines.within(Duration.ofSeconds(10), () -> available(client) == 1);
    client.close();
    assertThat(watched.isAnyReset()).isTrue();
    assertThat(others.isAnyReset()).isFalse();
  }

  @Test
  @DisplayName("A connection to which the server still sends after it was closed is reset, too")
  void sentToAfterItWasClosed() throws Exception {
    client.close();
    assertThat(watched.isAnyReset()).isFalse();
    session.getOutputStream().write(1);
    Deadlines.within(Duration.ofSeconds(10), watched::isAnyReset);
  }

  @Test
  @DisplayName("The kernel's table is read for a connection, and for its end, and not besides")
  @SuppressWarnings("try") // closed earlier than at the end of the block
  void tablesThatAreRead() throws Exception {
    CountedTables tables = new CountedTables();
    ServerCloses closes = new ServerCloses(tables);
    closes.remember();
    assertThat(tables.read).as("Java's sockets are of IPv6").startsWith("IPV6");
    tables.read.clear();
    closes.remember();
    assertThat(tables.read).as("nothing new").isEmpty();

    try (Socket later = new Socket(server.getInetAddress(), server.getLocalPort());
        Socket end = server.accept()) {
      assertThat(end.isConnected()).isTrue();
      closes.remember();
      assertThat(tables.read).as("a new connection").containsExactly("IPV6");
      tables.read.clear();

      later.close();
      ServerCloses.Pending pending = closes.pending(Set.of());
      assertThat(pending.count()).isEqualTo(1);
      assertThat(pending.isOver()).isFalse();
      assertThat(tables.read).as("its end").containsExactly("IPV6", "IPV6");
    }
  }

  @Test
  @DisplayName("A connection that is opened after the first look is waited for as well")
  @SuppressWarnings("try") // closed earlier than at the end of the block
  void openedLater() throws Exception {
    ServerCloses closes = new ServerCloses();
    closes.remember();
    try (ServerSocket other = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        SocketChannel unconnected = SocketChannel.open()) {
      closes.remember(); // in no table yet
      unconnected.connect(other.getLocalSocketAddress());
      try (Socket end = other.accept()) {
        closes.remember();
        unconnected.close();
        ServerCloses.Pending pending = closes.pending(Set.of());
        assertThat(pending.servers()).isEqualTo("127.0.0.1:" + other.getLocalPort());
        assertThat(pending.isOver()).isFalse();

        end.close();
        Deadlines.within(Duration.ofSeconds(10), pending::isOver);
      }
    }
  }

  @Test
  @DisplayName("Where only the server is known, connections of both families are looked for")
  void knownServer() throws Exception {
    CountedTables tables = new CountedTables();
    ServerCloses closes = new ServerCloses(tables);
    client.close();
    ServerCloses.Pending pending = closes.pending(Set.of("127.0.0.1:" + server.getLocalPort()));
    assertThat(pending.count()).isEqualTo(1);
    assertThat(tables.read).containsExactly("IPV4", "IPV6");
  }

  /** The kernel's tables, with a note of each that is read. */
  private static final class CountedTables implements ServerCloses.Tables {

    private final List<String> read = new ArrayList<>();

    @Override
    public List<InternetSocket> tcp(Family family) {
      read.add(family.name());
      try {
        return KernelSockets.tcp(family);
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public Set<String> unix() {
      try {
        return KernelSockets.unix().stream().map(UnixSocket::inode).collect(Collectors.toSet());
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static int available(Socket socket) {
    try {
      return socket.getInputStream().available();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
