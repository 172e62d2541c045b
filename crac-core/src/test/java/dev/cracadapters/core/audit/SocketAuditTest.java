/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import static dev.cracadapters.core.CoordinatorSettings.AuditMode.LENIENT;
import static dev.cracadapters.core.CoordinatorSettings.AuditMode.STRICT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import dev.cracadapters.core.audit.Descriptor.Kind;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("The audit of internet sockets")
class SocketAuditTest {

  private static final InetAddress LOCAL = new InetSocketAddress("127.0.0.1", 0).getAddress();

  @ParameterizedTest
  @EnumSource
  @DisplayName("refuses a listening socket by its address, in both modes")
  void listening(AuditMode mode) throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, LOCAL)) {
      String words = "listening socket 127.0.0.1:" + server.getLocalPort();

      Descriptor descriptor = Audited.target(words);
      assertThat(descriptor.kind()).isEqualTo(Kind.TCP_LISTENER);
      assertThat(descriptor.local()).isEqualTo(server.getLocalSocketAddress());
      assertThat(descriptor.remote()).isNull();
      assertThat(Audited.refusal(mode, descriptor))
          .hasValueSatisfying(message -> assertThat(message).contains(words + ": it is listening"));
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("refuses each end of a connection by the addresses of both, in both modes")
  void connected(AuditMode mode) throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, LOCAL);
        Socket client = new Socket(LOCAL, server.getLocalPort());
        Socket accepted = server.accept()) {
      String there = "127.0.0.1:" + accepted.getLocalPort();
      String here = "127.0.0.1:" + client.getLocalPort();

      Descriptor mine = Audited.target("socket " + here + " -> " + there);
      assertThat(mine.kind()).isEqualTo(Kind.TCP_CONNECTION);
      assertThat(mine.local()).isEqualTo(client.getLocalSocketAddress());
      assertThat(mine.remote()).isEqualTo(client.getRemoteSocketAddress());
      assertThat(Audited.refusal(mode, mine))
          .hasValueSatisfying(message -> assertThat(message).contains("it is connected"));
      assertThat(Audited.refusal(mode, "socket " + there + " -> " + here)).isPresent();
    }
  }

  @Test
  @DisplayName("refuses a connection that the other side has closed already")
  void halfClosed() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, LOCAL);
        Socket client = new Socket(LOCAL, server.getLocalPort())) {
      server.accept().close();
      assertThat(client.getInputStream().read()).isEqualTo(-1);

      Descriptor descriptor =
          Audited.descriptor(
              open ->
                  open.local() != null
                      && open.local().equals(client.getLocalSocketAddress())
                      && open.kind() == Kind.TCP_CONNECTION);
      assertThat(Audited.refusal(LENIENT, descriptor)).isPresent();
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("refuses a socket that is neither bound nor connected, in both modes")
  void unbound(AuditMode mode) throws IOException {
    Set<String> others = unboundSockets(); // which other tests of this JVM have left, and may go
    try (SocketChannel channel = SocketChannel.open()) {
      assertThat(channel.isConnected()).isFalse();

      Descriptor descriptor =
          Audited.descriptor(
              open -> open.kind() == Kind.OTHER_SOCKET && !others.contains(open.target()));
      assertThat(Audited.refusal(mode, descriptor))
          .hasValueSatisfying(message -> assertThat(message).contains("it is an open socket"));
    }
  }

  private static Set<String> unboundSockets() throws IOException {
    return OpenDescriptors.read().stream()
        .filter(open -> open.kind() == Kind.OTHER_SOCKET)
        .map(Descriptor::target)
        .collect(Collectors.toSet());
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("refuses a UDP socket by its address, in both modes")
  void udp(AuditMode mode) throws IOException {
    try (DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET)) {
      channel.bind(new InetSocketAddress(LOCAL, 0));
      int port = ((InetSocketAddress) channel.getLocalAddress()).getPort();

      Descriptor descriptor = Audited.target("UDP socket 127.0.0.1:" + port);
      assertThat(descriptor.kind()).isEqualTo(Kind.UDP_SOCKET);
      assertThat(descriptor.local()).isEqualTo(channel.getLocalAddress());
      assertThat(Audited.refusal(mode, descriptor)).isPresent();
    }
  }

  @Test
  @DisplayName("writes an IPv6 address in brackets, each byte in its place")
  void ipv6() throws IOException {
    assumeThat(NetworkInterface.getByInetAddress(InetAddress.getByName("::1"))).isNotNull();
    InetAddress loopback = InetAddress.getByName("::1");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.INET6)) {
      server.bind(new InetSocketAddress(loopback, 0));
      int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
      try (SocketChannel client = SocketChannel.open(new InetSocketAddress(loopback, port))) {
        int here = ((InetSocketAddress) client.getLocalAddress()).getPort();

        Descriptor listener = Audited.target("listening socket [0:0:0:0:0:0:0:1]:" + port);
        assertThat(listener.local().getAddress()).isInstanceOf(Inet6Address.class);
        assertThat(Audited.refusal(STRICT, listener)).isPresent();
        Audited.target("socket [0:0:0:0:0:0:0:1]:" + here + " -> [0:0:0:0:0:0:0:1]:" + port);
      }
    }
  }

  @Test
  @DisplayName("writes the address of a listener on all addresses as zeros")
  void wildcard() throws IOException {
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.INET)) {
      server.bind(new InetSocketAddress(0));
      int port = ((InetSocketAddress) server.getLocalAddress()).getPort();

      assertThat(Audited.refusal(LENIENT, "listening socket 0.0.0.0:" + port)).isPresent();
    }
  }
}
