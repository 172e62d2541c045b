/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cracadapters.core.support.KernelSockets.InternetSocket;
import dev.cracadapters.core.support.KernelSockets.TcpState;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The kernel's tables of sockets")
class KernelSocketsTest {

  @Test
  @DisplayName("show a listener and both ends of a connection, and which side closed first")
  void tcp() throws IOException {
    InetAddress loopback = InetAddress.getByName("127.0.0.1");
    try (ServerSocket server = new ServerSocket(0, 1, loopback);
        Socket client = new Socket(loopback, server.getLocalPort());
        Socket accepted = server.accept()) {
      InetSocketAddress local = (InetSocketAddress) client.getLocalSocketAddress();
      InetSocketAddress remote = (InetSocketAddress) client.getRemoteSocketAddress();

      assertThat(KernelSockets.tcp())
          .anyMatch(one -> one.state() == TcpState.LISTEN && one.local().equals(remote));
      assertThat(find(local, remote)).get().matches(one -> one.state() == TcpState.OTHER);
      assertThat(find(remote, local)).isPresent();
      assertThat(Proc.self().descriptors())
          .anyMatch(
              one ->
                  Proc.self()
                      .target(one)
                      .flatMap(KernelSockets::inode)
                      .equals(find(local, remote).map(InternetSocket::inode)));

      client.shutdownOutput();

      await().until(() -> find(local, remote).orElseThrow().state() == TcpState.FIN_WAIT2);
      assertThat(accepted.isClosed()).isFalse();
    }
  }

  private static Optional<InternetSocket> find(InetSocketAddress local, InetSocketAddress remote) {
    try {
      return KernelSockets.tcp().stream()
          .filter(one -> one.local().equals(local) && one.remote().equals(remote))
          .findFirst();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  @DisplayName("give addresses that people can read")
  void describe() throws IOException {
    assertThat(KernelSockets.describe(new InetSocketAddress("10.0.0.5", 5432)))
        .isEqualTo("10.0.0.5:5432");
    assertThat(KernelSockets.describe(InetAddress.getByName("::1"))).isEqualTo("[0:0:0:0:0:0:0:1]");
  }

  @Test
  @DisplayName("are found by what a descriptor stands for")
  void inode() {
    assertThat(KernelSockets.inode("socket:[123]")).contains("123");
    assertThat(KernelSockets.inode("pipe:[123]")).isEmpty();
  }
}
