/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jetty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.core.Phase;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.crac.RestoreException;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.LocalConnector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class JettyResourceTest {

  @Test
  @DisplayName(
      "No socket of the connector is open at the snapshot, and the service is back after it")
  void noSocketIsOpen() throws Exception {
    try (Service service = new Service().start();
        RawClient client = new RawClient(service.port())) {
      int port = service.port();
      JettyResource resource = service.resource();
      assertThat(client.echo("one").response()).endsWith("one");
      assertThat(Descriptors.tcp(port)).contains("0A", "01");

      resource.beforeCheckpoint(null);

      // This process is the client too: what is left with this port is none of the server's.
      assertThat(Descriptors.tcp(port)).isEmpty();
      assertThatThrownBy(() -> new RawClient(port)).isInstanceOf(ConnectException.class);

      resource.afterRestore(null);

      assertEchoes(port, "two");
    }
  }

  @Test
  @DisplayName("The connector's selectors are closed at the snapshot")
  void selectorsAreClosed() throws Exception {
    int before = Descriptors.selectors();
    try (Service service = new Service().start()) {
      assertThat(Descriptors.selectors()).isGreaterThan(before);

      service.resource().beforeCheckpoint(null);

      assertThat(Descriptors.selectors()).isEqualTo(before);
    }
  }

  @Test
  @DisplayName("The web application is not restarted")
  void applicationIsNotRestarted() throws Exception {
    try (Service service = new Service().start()) {
      JettyResource resource = service.resource();
      for (int i = 0; i < 3; i++) {
        resource.beforeCheckpoint(null);
        resource.afterRestore(null);
      }
      assertThat(service.starts).hasValue(1);
      assertThat(service.server.isStarted()).isTrue();
    }
  }

  @ParameterizedTest(name = "{0} acceptor threads")
  @DisplayName("A port that the system chose is the same after each restore")
  @ValueSource(ints = {0, 1, 2})
  void chosenPortStays(int acceptors) throws Exception {
    try (Service service = new Service()) {
      ServerConnector connector = replaceConnector(service, acceptors);
      service.start();
      int port = connector.getLocalPort();
      JettyResource resource = service.resource();
      for (int i = 0; i < 5; i++) {
        resource.beforeCheckpoint(null);
        assertThat(Descriptors.tcp(port)).isEmpty();
        resource.afterRestore(null);
        assertThat(connector.getLocalPort()).isEqualTo(port);
        assertThat(connector.getPort()).isZero();
        assertEchoes(port, "cycle " + i);
      }
    }
  }

  @Test
  @DisplayName("afterRestore does no harm when nothing was stopped, and when it is called again")
  void afterRestoreIsIdempotent() throws Exception {
    try (Service service = new Service().start()) {
      int port = service.port();
      JettyResource resource = service.resource();
      resource.afterRestore(null);
      assertEchoes(port, "never stopped");

      resource.beforeCheckpoint(null);
      resource.beforeCheckpoint(null);
      resource.afterRestore(null);
      Object socket = service.connector.getTransport();
      resource.afterRestore(null);

      assertThat(service.connector.getTransport()).isSameAs(socket);
      assertEchoes(port, "restored twice");
    }
  }

  @Test
  @DisplayName("A connector that did not run before the checkpoint does not run after it")
  void stoppedConnectorStaysStopped() throws Exception {
    try (Service service = new Service().start()) {
      ServerConnector second = new ServerConnector(service.server);
      service.server.addConnector(second);
      JettyResource resource = service.resource();
      second.stop();

      resource.beforeCheckpoint(null);
      resource.afterRestore(null);

      assertThat(second.isStopped()).isTrue();
      assertThat(service.connector.isStarted()).isTrue();
    }
  }

  @Test
  @DisplayName("A server that was stopped between checkpoint and restore stays stopped")
  void stoppedServerStaysStopped() throws Exception {
    try (Service service = new Service().start()) {
      JettyResource resource = service.resource();
      resource.beforeCheckpoint(null);
      service.server.stop();

      resource.afterRestore(null);

      assertThat(service.connector.isStopped()).isTrue();
    }
  }

  @Test
  @DisplayName(
      "A port that is taken is named, the other connector opens, and a retry opens this one")
  void takenPortIsNamed() throws Exception {
    try (Service service = new Service()) {
      ServerConnector second = new ServerConnector(service.server);
      service.server.addConnector(second);
      service.start();
      int taken = service.port();
      int free = second.getLocalPort();
      JettyResource resource = service.resource();
      resource.beforeCheckpoint(null);

      try (ServerSocket other = new ServerSocket(taken)) {
        assertThat(other.isBound()).isTrue();
        assertThatThrownBy(() -> resource.afterRestore(null))
            .isInstanceOf(RestoreException.class)
            .hasMessageContaining("0.0.0.0:" + taken)
            .hasMessageContaining("taken")
            .hasMessageContaining("server.port");
        assertEchoes(free, "the other");
      }

      resource.afterRestore(null);
      assertEchoes(taken, "at last");
      assertThat(second.getLocalPort()).isEqualTo(free);
    }
  }

  @Test
  @DisplayName(
      "A lifecycle that stops and starts the connectors as well, as Spring Boot's does, is no harm")
  void otherLifecycleIsNoHarm() throws Exception {
    try (Service service = new Service().start()) {
      int port = service.port();
      JettyResource resource = service.resource();
      for (int i = 0; i < 3; i++) {
        resource.beforeCheckpoint(null);
        for (Connector connector : service.server.getConnectors()) {
          connector.shutdown();
          connector.stop();
        }
        service.server.setConnectors(service.server.getConnectors());
        service.server.start();
        for (Connector connector : service.server.getConnectors()) {
          connector.start();
        }
        Object socket = service.connector.getTransport();

        resource.afterRestore(null);

        assertThat(service.connector.getTransport()).isSameAs(socket);
        assertThat(service.port()).isEqualTo(port);
        assertEchoes(port, "boot " + i);
      }
    }
  }

  @Test
  @DisplayName("Keep-alive is as it was after a restore")
  void keepAliveIsBack() throws Exception {
    try (Service service = new Service().start()) {
      JettyResource resource = service.resource();
      resource.beforeCheckpoint(null);
      resource.afterRestore(null);
      try (RawClient client = new RawClient(service.port())) {
        assertThat(client.echo("one").response()).doesNotContain("Connection: close");
        assertThat(client.echo("two").response()).endsWith("two");
      }
    }
  }

  @Test
  @DisplayName("Connectors that share one configuration get keep-alive back")
  void sharedConfiguration() throws Exception {
    try (Service service = new Service()) {
      ServerConnector second =
          new ServerConnector(
              service.server, service.connector.getConnectionFactory(HttpConnectionFactory.class));
      service.server.addConnector(second);
      service.start();
      JettyResource resource = service.resource();
      resource.beforeCheckpoint(null);
      resource.afterRestore(null);
      assertThat(
              second
                  .getConnectionFactory(HttpConnectionFactory.class)
                  .getHttpConfiguration()
                  .isPersistentConnectionsEnabled())
          .isTrue();
    }
  }

  @Test
  @DisplayName("A connector in memory is left alone")
  void localConnectorIsLeftAlone() throws Exception {
    try (Service service = new Service()) {
      LocalConnector local = new LocalConnector(service.server);
      service.server.addConnector(local);
      service.start();
      JettyResource resource = service.resource();
      resource.beforeCheckpoint(null);
      assertThat(local.isStarted()).isTrue();
      resource.afterRestore(null);
      assertThat(service.connector.isStarted()).isTrue();
    }
  }

  @Test
  @DisplayName("The name tells where the server listens, while it is stopped too")
  void name() throws Exception {
    try (Service service = new Service()) {
      ServerConnector second = new ServerConnector(service.server);
      second.setHost("127.0.0.1");
      service.server.addConnector(second);
      service.start();
      JettyResource resource = service.resource();
      String name =
          "jetty 0.0.0.0:%d, 127.0.0.1:%d".formatted(service.port(), second.getLocalPort());
      assertThat(resource.name()).isEqualTo(name);
      resource.beforeCheckpoint(null);
      assertThat(resource.name()).isEqualTo(name);
      assertThat(JettyResource.of(new Server()).name()).isEqualTo("jetty");
    }
  }

  @Test
  @DisplayName("It stops before everything that a request may use")
  void phase() {
    assertThat(JettyResource.of(new Server()).phase()).isEqualTo(Phase.TRAFFIC);
  }

  @Test
  @DisplayName("The drain time-out is 20 s, or what crac.jetty.drain-timeout says")
  void settings() {
    assertThat(JettySettings.fromSystemProperties().drainTimeout())
        .isEqualTo(Duration.ofSeconds(20));
    System.setProperty("crac.jetty.drain-timeout", "3s");
    try {
      assertThat(JettySettings.fromSystemProperties().drainTimeout())
          .isEqualTo(Duration.ofSeconds(3));
    } finally {
      System.clearProperty("crac.jetty.drain-timeout");
    }
    assertThatThrownBy(() -> new JettySettings(Duration.ofMillis(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("drain-timeout");
  }

  private static ServerConnector replaceConnector(Service service, int acceptors) {
    service.server.removeConnector(service.connector);
    ServerConnector connector = new ServerConnector(service.server, acceptors, 1);
    connector.setHost(InetAddress.getLoopbackAddress().getHostAddress());
    service.server.addConnector(connector);
    return connector;
  }

  private static void assertEchoes(int port, String text) throws Exception {
    try (RawClient client = new RawClient(port)) {
      assertThat(client.echo(text).response()).startsWith("HTTP/1.1 200").endsWith(text);
    }
  }
}
