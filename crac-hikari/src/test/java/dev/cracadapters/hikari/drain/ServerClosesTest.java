/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.hikari.fixture.Deadlines;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
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

  private static int available(Socket socket) {
    try {
      return socket.getInputStream().available();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
