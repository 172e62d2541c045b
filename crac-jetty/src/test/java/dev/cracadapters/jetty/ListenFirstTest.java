/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jetty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CoordinatorSettings;
import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import dev.cracadapters.core.Registration;
import dev.cracadapters.criu.testing.Below;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.crac.CheckpointException;
import org.crac.RestoreException;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.component.AbstractLifeCycle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
@DisplayName("A connector listens first and accepts last:")
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

  @SuppressWarnings("try") // registered until the end
  private static void checkpoint(JettyResource resource, Below.Step below)
      throws CheckpointException, RestoreException {
    try (Registration pool = COORDINATOR.register(new Below(below));
        Registration jetty = COORDINATOR.register(resource)) {
      COORDINATOR.checkpoint();
    }
  }

  @ParameterizedTest(name = "{0} acceptor threads")
  @DisplayName("who connects during the walk up waits, and is answered")
  @ValueSource(ints = {0, 1, 2})
  void whoConnectsDuringTheWalkWaits(int acceptors) throws Exception {
    try (Service service = new Service()) {
      ServerConnector connector = connector(service, acceptors);
      service.start();
      int port = connector.getLocalPort();
      for (int i = 0; i < 3; i++) {
        AtomicReference<RawClient> client = new AtomicReference<>();
        String body = "cycle " + i;

        checkpoint(
            JettyResource.of(service.server),
            () -> {
              client.set(new RawClient(port).echo(body));
              assertThat(service.processed).doesNotContainKey(body);
            });

        try (RawClient waiting = client.get()) {
          assertThat(waiting.response()).endsWith(body);
        }
        assertThat(connector.getPort()).isZero();
        assertThat(connector.getLocalPort()).isEqualTo(port);
      }
    }
  }

  @Test
  @DisplayName(
      "so does who connects on the way up from a checkpoint that was refused for a request")
  void refusedCheckpoint() throws Exception {
    try (Service service = new Service().start();
        RawClient slow = new RawClient(service.port()).get("/slow")) {
      service.awaitEntered();
      int port = service.port();
      AtomicReference<RawClient> client = new AtomicReference<>();

      assertThatThrownBy(
              () ->
                  checkpoint(
                      service.resource(Duration.ofMillis(300)),
                      () -> client.set(new RawClient(port).echo("waits"))))
          .isInstanceOf(CheckpointException.class);

      try (RawClient waiting = client.get()) {
        assertThat(waiting.response()).endsWith("waits");
      }
      service.finish();
      assertThat(slow.toEnd()).endsWith("slow");
    }
  }

  @Test
  @DisplayName("so does who connects before the last request of a refused checkpoint has finished")
  void finishedMeanwhile() throws Exception {
    try (Service service = new Service().start();
        RawClient slow = new RawClient(service.port()).get("/slow")) {
      service.awaitEntered();
      int port = service.port();
      AtomicReference<RawClient> client = new AtomicReference<>();

      assertThatThrownBy(
              () ->
                  checkpoint(
                      service.resource(Duration.ofMillis(300)),
                      () -> {
                        client.set(new RawClient(port).echo("waits"));
                        service.finish();
                        slow.toEnd();
                      }))
          .isInstanceOf(CheckpointException.class);

      try (RawClient waiting = client.get()) {
        assertThat(waiting.response()).endsWith("waits");
      }
    }
  }

  @Test
  @DisplayName("a port that somebody has taken is what afterRestore says, and tries again")
  void takenPort() throws Exception {
    try (Service service = new Service().start()) {
      int port = service.port();
      JettyResource resource = service.resource();
      resource.beforeCheckpoint(null);
      try (ServerSocket taker = new ServerSocket(port, 1)) {
        assertThat(taker.isBound()).isTrue();
        assertThatThrownBy(resource::listen).isInstanceOf(BindException.class);
        assertThatThrownBy(() -> resource.afterRestore(null))
            .isInstanceOf(RestoreException.class)
            .hasMessageContaining("is taken by this process");
      }
      resource.listen();
      resource.afterRestore(null);
      assertEchoes(port, "at last");
    }
  }

  @ParameterizedTest(name = "{0} acceptor threads")
  @DisplayName("where it cannot start, its socket is closed, and a second start opens another")
  @ValueSource(ints = {0, 1})
  void cannotStart(int acceptors) throws Exception {
    try (Service service = new Service()) {
      ServerConnector connector = connector(service, acceptors);
      service.start();
      int port = connector.getLocalPort();
      JettyResource resource = service.resource();
      resource.beforeCheckpoint(null);
      AbstractLifeCycle failing =
          new AbstractLifeCycle() {
            @Override
            protected void doStart() {
              throw new IllegalStateException("not today");
            }
          };
      connector.addBean(failing);
      resource.listen();
      assertThat(Descriptors.tcp(port)).contains("0A");

      assertThatThrownBy(() -> resource.afterRestore(null)).hasMessageContaining("not today");

      assertThat(Descriptors.tcp(port)).isEmpty();
      connector.removeBean(failing);
      resource.listen();
      resource.afterRestore(null);
      assertEchoes(port, "at last");
    }
  }

  @Test
  @DisplayName("where it is moved after it listens, it does not go on listening there")
  void movedMeanwhile() throws Exception {
    try (Service service = new Service().start()) {
      int before = service.port();
      int after = freePort();
      JettyResource resource = service.resource();
      resource.beforeCheckpoint(null);
      resource.listen();

      service.connector.setPort(after);
      resource.afterRestore(null);

      assertThatThrownBy(() -> new RawClient(before)).isInstanceOf(ConnectException.class);
      assertEchoes(after, "there");
    }
  }

  @Test
  @DisplayName("whoever starts it meanwhile has it accept from that socket")
  void startedBySomebodyElse() throws Exception {
    try (Service service = new Service().start()) {
      int port = service.port();
      JettyResource resource = service.resource();
      resource.beforeCheckpoint(null);
      resource.listen();
      try (RawClient waiting = new RawClient(port).echo("waits")) {
        service.connector.start();

        assertThat(waiting.response()).endsWith("waits");
      }
      resource.afterRestore(null);
      assertEchoes(port, "as before");
    }
  }

  @Test
  @DisplayName(
      "where the server was stopped meanwhile, nothing is left open, and it can start again")
  void stoppedMeanwhile() throws Exception {
    try (Service service = new Service().start()) {
      int port = service.port();
      JettyResource resource = service.resource();
      resource.beforeCheckpoint(null);
      resource.listen();
      service.server.stop();

      resource.afterRestore(null);

      assertThat(Descriptors.tcp(port)).isEmpty();
      service.connector.setPort(port);
      service.server.start();
      assertEchoes(port, "again");
    }
  }

  @Test
  @DisplayName("one that serves, or opens its socket in a way of its own, is left alone")
  void leftAlone() throws Exception {
    try (Service service = new Service()) {
      ServerConnector own =
          new ServerConnector(service.server, 1, 1) {
            @Override
            protected ServerSocketChannel openAcceptChannel() throws IOException {
              return super.openAcceptChannel();
            }
          };
      service.server.removeConnector(service.connector);
      service.server.addConnector(own);
      service.start();
      int port = own.getLocalPort();
      JettyResource resource = service.resource();
      resource.listen();
      assertEchoes(port, "before");

      resource.beforeCheckpoint(null);
      resource.listen();

      assertThat(Descriptors.tcp(port)).isEmpty();
      resource.afterRestore(null);
      resource.listen();
      assertEchoes(port, "after");
    }
  }

  private static ServerConnector connector(Service service, int acceptors) {
    Server server = service.server;
    server.removeConnector(service.connector);
    ServerConnector connector = new ServerConnector(server, acceptors, 1);
    server.addConnector(connector);
    return connector;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static void assertEchoes(int port, String body) throws IOException {
    try (RawClient client = new RawClient(port)) {
      assertThat(client.echo(body).response()).endsWith(body);
    }
  }
}
