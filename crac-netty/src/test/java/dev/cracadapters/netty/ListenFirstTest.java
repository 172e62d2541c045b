/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CoordinatorSettings;
import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import dev.cracadapters.core.Registration;
import dev.cracadapters.criu.testing.Below;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.crac.RestoreException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
@DisplayName("A server listens first and accepts last:")
class ListenFirstTest {

  private static final CheckpointCoordinator COORDINATOR = CheckpointCoordinator.global();

  @BeforeEach
  void pause() {
    COORDINATOR.configure(
        new CoordinatorSettings(
            "pause", null, AuditMode.LENIENT, Duration.ofSeconds(40), Duration.ofSeconds(20)));
  }

  @AfterEach
  void asBefore() {
    COORDINATOR.configureBySystemProperties();
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("who connects during the walk up waits, and is answered")
  @SuppressWarnings("try") // registered until the end
  void whoConnectsDuringTheWalkWaits(Transport transport) throws Exception {
    List<String> answered = new CopyOnWriteArrayList<>();
    LineServer.Answer answer =
        (ctx, line) -> {
          answered.add(line);
          LineServer.ECHO.to(ctx, line);
        };
    try (LineServer server = new LineServer(transport, answer)) {
      int[] ports = {LineServer.portOf(server.bind(0)), LineServer.portOf(server.bind(0))};
      NettyResource resource = NettyResource.of(server.bootstrap);
      for (int cycle = 0; cycle < 3; cycle++) {
        List<LineClient> clients = new CopyOnWriteArrayList<>();
        Below.Step connecting =
            () -> {
              for (int port : ports) {
                LineClient client = new LineClient(port);
                clients.add(client);
                client.send("early");
              }
              assertThat(answered).doesNotContain("early");
            };
        try (Registration pool = COORDINATOR.register(new Below(connecting));
            Registration netty = COORDINATOR.register(resource)) {
          COORDINATOR.checkpoint();
        }
        assertThat(clients).hasSize(ports.length);
        for (LineClient client : clients) {
          assertThat(client.read()).isEqualTo("echo early");
          assertThat(client.ask("and goes on")).isEqualTo("echo and goes on");
          client.close();
        }
        answered.clear();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("an address that somebody has taken is what afterRestore says, and tries again")
  void takenAddress(Transport transport) throws Exception {
    try (LineServer server = new LineServer(transport, LineServer.ECHO)) {
      int taken = LineServer.portOf(server.bind(0));
      int free = LineServer.portOf(server.bind(0));
      NettyResource resource = NettyResource.of(server.bootstrap);
      resource.beforeCheckpoint(null);
      try (ServerSocket taker = new ServerSocket(taken, 1, InetAddress.getByName("127.0.0.1"))) {
        assertThat(taker.isBound()).isTrue();
        assertThatThrownBy(resource::listen).isInstanceOf(BindException.class);
        try (LineClient early = new LineClient(free)) {
          assertThatThrownBy(() -> resource.afterRestore(null))
              .isInstanceOf(RestoreException.class)
              .hasMessageContaining("is taken by this process");
          assertThat(early.ask("1")).isEqualTo("echo 1");
        }
      }
      resource.listen();
      resource.afterRestore(null);
      try (LineClient client = new LineClient(taken)) {
        assertThat(client.ask("2")).isEqualTo("echo 2");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("an address that the user's code has closed meanwhile is given up")
  void closedMeanwhile(Transport transport) throws Exception {
    try (LineServer server = new LineServer(transport, LineServer.ECHO)) {
      Channel bound = server.bind(0);
      int port = LineServer.portOf(bound);
      NettyResource resource = NettyResource.of(server.bootstrap);
      resource.beforeCheckpoint(null);
      resource.listen();
      bound.close();

      resource.afterRestore(null);

      org.awaitility.Awaitility.await()
          .untilAsserted(
              () ->
                  assertThatThrownBy(() -> new LineClient(port).close())
                      .isInstanceOf(ConnectException.class));
    }
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("whose walk up is given up has nothing that listens, and comes up at the next call")
  void givenUp(Transport transport) throws Exception {
    try (LineServer server = new LineServer(transport, LineServer.ECHO)) {
      int port = LineServer.portOf(server.bind(0));
      NettyResource resource = NettyResource.of(server.bootstrap);
      resource.beforeCheckpoint(null);
      resource.listen();
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      Thread walk =
          new Thread(
              () -> {
                Thread.currentThread().interrupt();
                try {
                  resource.afterRestore(null);
                } catch (Throwable e) {
                  thrown.set(e);
                }
              });
      walk.start();
      walk.join();
      assertThat(thrown.get()).isInstanceOf(InterruptedException.class);

      resource.listen();
      resource.afterRestore(null);

      try (LineClient client = new LineClient(port)) {
        assertThat(client.ask("1")).isEqualTo("echo 1");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("one that reads by hand is left to that; one that serves, to serve")
  void readsByHand(Transport transport) throws Exception {
    try (LineServer server = new LineServer(transport, LineServer.ECHO)) {
      server.bootstrap.option(ChannelOption.AUTO_READ, false);
      Channel bound = server.bind(0);
      int port = LineServer.portOf(bound);
      NettyResource resource = NettyResource.of(server.bootstrap);
      resource.listen();
      bound.read();
      try (LineClient client = new LineClient(port)) {
        assertThat(client.ask("1")).isEqualTo("echo 1");
      }
      resource.beforeCheckpoint(null);
      resource.listen();
      resource.afterRestore(null);
      try (LineClient client = new LineClient(port)) {
        client.send("2");
        assertThat(bound.config().isAutoRead()).isFalse();
      }
    }
  }
}
