/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.cracadapters.core.Phase;
import io.netty.channel.Channel;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Map;
import org.crac.RestoreException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is closed at a checkpoint, and that the server listens again where it did. */
@DisplayName("A Netty server at a checkpoint")
@Tag("essential")
class NettyResourceTest {

  private static final NettySettings QUICK =
      new NettySettings(Duration.ofSeconds(5), Duration.ofMillis(50));

  @BeforeAll
  static void openWhatTheJdkKeepsOpen() throws Exception {
    // NIO's own unix socket pair is made once, at its first use.
    try (LineServer server = new LineServer(Transport.NIO_GROUP, LineServer.ECHO)) {
      try (LineClient client = new LineClient(LineServer.portOf(server.bind(0)))) {
        client.ask("warm up");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("has no socket open when beforeCheckpoint returns")
  void noSocketIsOpen(Transport transport) throws Exception {
    Map<String, String> before = OpenDescriptors.ofSockets();
    try (LineServer server = new LineServer(transport, LineServer.ECHO)) {
      int port = LineServer.portOf(server.bind(0));
      NettyResource resource = NettyResource.of(server.bootstrap, QUICK);
      try (LineClient client = new LineClient(port)) {
        assertThat(client.ask("1")).isEqualTo("echo 1");
        assertThat(OpenDescriptors.ofSockets()).hasSizeGreaterThanOrEqualTo(before.size() + 3);
        resource.beforeCheckpoint(null);
        assertThat(client.read()).isNull();
      }
      assertThat(OpenDescriptors.ofSockets()).isEqualTo(before);
      assertThatThrownBy(() -> new LineClient(port)).isInstanceOf(ConnectException.class);
      resource.afterRestore(null);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#epoll")
  @DisplayName("has no epoll, eventfd or timerfd descriptor open with native epoll")
  void noEventDescriptorIsOpen(Transport transport) throws Exception {
    Map<String, String> before = OpenDescriptors.ofEvents();
    try (LineServer server = new LineServer(transport, LineServer.ECHO)) {
      server.bind(0);
      NettyResource resource = NettyResource.of(server.bootstrap, QUICK);
      assertThat(OpenDescriptors.ofEvents()).hasSize(before.size() + 9); // 3 for each of 3 loops
      resource.beforeCheckpoint(null);
      assertThat(OpenDescriptors.ofEvents()).isEqualTo(before);
      resource.afterRestore(null);
      assertThat(OpenDescriptors.ofEvents()).hasSize(before.size() + 9);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("listens again on the port it had, with the same handlers, cycle after cycle")
  void listensAgain(Transport transport) throws Exception {
    try (LineServer server = new LineServer(transport, LineServer.ECHO)) {
      int port = LineServer.portOf(server.bind(0));
      NettyResource resource = NettyResource.of(server.bootstrap, QUICK);
      for (int cycle = 0; cycle < 5; cycle++) {
        resource.beforeCheckpoint(null);
        resource.afterRestore(null);
        try (LineClient client = new LineClient(port)) {
          assertThat(client.ask("cycle " + cycle)).isEqualTo("echo cycle " + cycle);
        }
      }
      assertThat(resource.name()).isEqualTo("netty 127.0.0.1:" + port);
      assertThat(resource.phase()).isEqualTo(Phase.TRAFFIC);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("does not complete the closeFuture that main waits for")
  void closeFutureStaysOpen(Transport transport) throws Exception {
    try (LineServer server = new LineServer(transport, LineServer.ECHO)) {
      Channel bound = server.bind(0);
      int port = LineServer.portOf(bound);
      NettyResource resource = NettyResource.of(server.bootstrap, QUICK);
      for (int cycle = 0; cycle < 3; cycle++) {
        resource.beforeCheckpoint(null);
        resource.afterRestore(null);
        assertThat(bound.closeFuture().await(50)).isFalse();
      }
      bound.close().sync();
      assertThat(bound.closeFuture().await(5_000)).isTrue();
      await()
          .atMost(Duration.ofSeconds(5))
          .untilAsserted(
              () ->
                  assertThatThrownBy(() -> new LineClient(port).close())
                      .isInstanceOf(ConnectException.class));
      resource.beforeCheckpoint(null);
      resource.afterRestore(null);
      assertThatThrownBy(() -> new LineClient(port)).isInstanceOf(ConnectException.class);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("completes the first closeFuture when the group is shut down after a restore")
  void closeFutureFollowsTheListeningChannel(Transport transport) throws Exception {
    try (LineServer server = new LineServer(transport, LineServer.ECHO)) {
      Channel bound = server.bind(0);
      NettyResource resource = NettyResource.of(server.bootstrap, QUICK);
      resource.beforeCheckpoint(null);
      resource.afterRestore(null);
      server.shutDown();
      assertThat(bound.closeFuture().await(5_000)).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("does nothing more when afterRestore is called again, or without a checkpoint")
  void afterRestoreIsIdempotent(Transport transport) throws Exception {
    try (LineServer server = new LineServer(transport, LineServer.ECHO)) {
      int port = LineServer.portOf(server.bind(0));
      NettyResource resource = NettyResource.of(server.bootstrap, QUICK);
      try (LineClient client = new LineClient(port)) {
        resource.afterRestore(null);
        assertThat(client.ask("before")).isEqualTo("echo before");
      }
      resource.beforeCheckpoint(null);
      resource.afterRestore(null);
      try (LineClient client = new LineClient(port)) {
        assertThat(client.ask("1")).isEqualTo("echo 1");
        resource.afterRestore(null);
        assertThat(client.ask("2")).isEqualTo("echo 2");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("binds every address of its bootstrap again")
  void everyAddress(Transport transport) throws Exception {
    try (LineServer server = new LineServer(transport, LineServer.ECHO)) {
      int first = LineServer.portOf(server.bind(0));
      int second = LineServer.portOf(server.bind(0));
      NettyResource resource = NettyResource.of(server.bootstrap, QUICK);
      resource.beforeCheckpoint(null);
      assertThatThrownBy(() -> new LineClient(first)).isInstanceOf(ConnectException.class);
      assertThatThrownBy(() -> new LineClient(second)).isInstanceOf(ConnectException.class);
      resource.afterRestore(null);
      try (LineClient one = new LineClient(first);
          LineClient two = new LineClient(second)) {
        assertThat(one.ask("1")).isEqualTo("echo 1");
        assertThat(two.ask("2")).isEqualTo("echo 2");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("names an address that was taken, binds the others, and tries again when asked")
  void addressTaken(Transport transport) throws Exception {
    try (LineServer server = new LineServer(transport, LineServer.ECHO)) {
      int taken = LineServer.portOf(server.bind(0));
      int free = LineServer.portOf(server.bind(0));
      NettyResource resource = NettyResource.of(server.bootstrap, QUICK);
      resource.beforeCheckpoint(null);
      try (ServerSocket other = new ServerSocket(taken, 1, InetAddress.getByName("127.0.0.1"))) {
        assertThat(other.isBound()).isTrue();
        assertThatThrownBy(() -> resource.afterRestore(null))
            .isInstanceOf(RestoreException.class)
            .hasMessageContaining("127.0.0.1:" + taken)
            .hasMessageContaining("Free the address");
        try (LineClient client = new LineClient(free)) {
          assertThat(client.ask("1")).isEqualTo("echo 1");
        }
      }
      resource.afterRestore(null);
      try (LineClient client = new LineClient(taken)) {
        assertThat(client.ask("2")).isEqualTo("echo 2");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("leaves an address to the user's code that bound it when the restore could not")
  void addressBoundByTheUser(Transport transport) throws Exception {
    try (LineServer server = new LineServer(transport, LineServer.ECHO)) {
      int port = LineServer.portOf(server.bind(0));
      NettyResource resource = NettyResource.of(server.bootstrap, QUICK);
      resource.beforeCheckpoint(null);
      try (ServerSocket other = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"))) {
        assertThat(other.isBound()).isTrue();
        assertThatThrownBy(() -> resource.afterRestore(null)).isInstanceOf(RestoreException.class);
      }
      server.bind(port);
      resource.beforeCheckpoint(null);
      resource.afterRestore(null);
      assertThat(resource.name()).isEqualTo("netty 127.0.0.1:" + port);
      try (LineClient client = new LineClient(port)) {
        assertThat(client.ask("1")).isEqualTo("echo 1");
      }
    }
  }
}
