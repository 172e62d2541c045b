/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jetty;

import static dev.cracadapters.jetty.Checkpoints.awaitRefusing;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.cracadapters.core.RefusedException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.AbstractConnectionFactory;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.util.BufferUtil;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A drain that does not end: the checkpoint is refused, and the service is back afterwards. */
@Timeout(60)
class DrainRefusalTest {

  @Test
  @DisplayName("A connection with a protocol of the application's own is not cut off, but refused")
  void unknownProtocol() throws Exception {
    try (Service service = new Service()) {
      service.connector.setConnectionFactories(List.of(new OwnProtocol()));
      service.connector.setDefaultProtocol("own");
      service.start();
      JettyResource resource = service.resource(Duration.ofMillis(300));
      int port = service.port();
      try (RawClient client = new RawClient(port)) {
        client.send("hello");
        await()
            .atMost(Duration.ofSeconds(5))
            .until(() -> service.connector.getConnectedEndPoints().size() == 1);

        assertThatThrownBy(() -> resource.beforeCheckpoint(null))
            .isInstanceOf(RefusedException.class)
            .hasMessageContaining("a OwnConnection");
        resource.afterRestore(null);
        assertThat(service.connector.getConnectedEndPoints()).hasSize(1);
      }
      // The client has closed it, and nothing is in the way.
      resource.beforeCheckpoint(null);
      assertThat(Descriptors.tcp(port)).isEmpty();
    }
  }

  private static final class OwnProtocol extends AbstractConnectionFactory {
    OwnProtocol() {
      super("own");
    }

    @Override
    public Connection newConnection(Connector connector, EndPoint endPoint) {
      return new OwnConnection(endPoint, connector.getExecutor());
    }
  }

  private static final class OwnConnection extends AbstractConnection {
    OwnConnection(EndPoint endPoint, Executor executor) {
      super(endPoint, executor);
    }

    @Override
    public void onOpen() {
      super.onOpen();
      fillInterested();
    }

    @Override
    public void onFillable() {
      try {
        if (getEndPoint().fill(BufferUtil.allocate(100)) < 0) {
          close();
        } else {
          fillInterested();
        }
      } catch (IOException e) {
        close();
      }
    }
  }

  @Test
  @DisplayName("Past the drain time-out the checkpoint is refused, and names the request")
  void refusedAfterDrainTimeout() throws Exception {
    try (Service service = new Service().start();
        RawClient client = new RawClient(service.port())) {
      client.get("/slow?secret=1");
      service.awaitEntered();

      assertThatThrownBy(() -> service.resource(Duration.ofMillis(300)).beforeCheckpoint(null))
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining("jetty 0.0.0.0:" + service.port())
          .hasMessageContaining(
              "1 request is still in flight after 300 ms: GET /slow from 127.0.0.1:")
          .hasMessageContaining("crac.jetty.drain-timeout")
          .message()
          .containsPattern("GET /slow from [\\d.:]+ for \\d+ s \\(since [\\d:]+\\)\\. Take");
    }
  }

  @Test
  @DisplayName(
      "After a refusal the service is back, and the request that was in the way is not lost")
  void serviceIsBackAfterRefusal() throws Exception {
    try (Service service = new Service().start();
        RawClient slow = new RawClient(service.port())) {
      int port = service.port();
      JettyResource resource = service.resource(Duration.ofMillis(500));
      slow.get("/slow");
      service.awaitEntered();
      assertThatThrownBy(() -> resource.beforeCheckpoint(null))
          .isInstanceOf(RefusedException.class);

      resource.afterRestore(null);
      resource.afterRestore(null);

      try (RawClient client = new RawClient(port)) {
        assertThat(client.echo("one").response()).doesNotContain("Connection: close");
        assertThat(client.echo("two").response()).endsWith("two");
      }
      service.finish();
      assertThat(slow.toEnd()).startsWith("HTTP/1.1 200").endsWith("slow");

      for (int i = 0; i < 3; i++) {
        resource.beforeCheckpoint(null);
        assertThat(Descriptors.tcp(port)).isEmpty();
        resource.afterRestore(null);
        try (RawClient client = new RawClient(port)) {
          assertThat(client.echo("again").response()).endsWith("again");
        }
      }
    }
  }

  @Test
  @DisplayName(
      "Stopped by another lifecycle after a refusal, the connector is started on its port again")
  void stoppedAfterRefusal() throws Exception {
    try (Service service = new Service().start();
        RawClient slow = new RawClient(service.port())) {
      int port = service.port();
      JettyResource resource = service.resource(Duration.ofMillis(300));
      slow.get("/slow");
      service.awaitEntered();
      assertThatThrownBy(() -> resource.beforeCheckpoint(null))
          .isInstanceOf(RefusedException.class);
      service.connector.stop();

      resource.afterRestore(null);

      try (RawClient client = new RawClient(port)) {
        assertThat(client.echo("back").response()).endsWith("back");
      }
    }
  }

  @Test
  @DisplayName(
      "Restarted by another lifecycle below a stand-in socket, the connector accepts again")
  void restartedAfterRefusal() throws Exception {
    try (Service service = new Service().start();
        RawClient slow = new RawClient(service.port())) {
      int port = service.port();
      JettyResource resource = service.resource(Duration.ofMillis(300));
      slow.get("/slow");
      service.awaitEntered();
      assertThatThrownBy(() -> resource.beforeCheckpoint(null))
          .isInstanceOf(RefusedException.class);
      resource.afterRestore(null);

      service.connector.stop();
      service.awaitEndOfAcceptors();
      service.connector.start();

      try (RawClient client = new RawClient(port)) {
        assertThat(client.echo("back").response()).endsWith("back");
      }
      service.finish();
      resource.beforeCheckpoint(null);
      assertThat(Descriptors.tcp(port)).isEmpty();
      resource.afterRestore(null);
      try (RawClient client = new RawClient(port)) {
        assertThat(client.echo("back").response()).endsWith("back");
      }
    }
  }

  @Test
  @DisplayName("Refused again and again, the service still comes back each time")
  void refusedAgain() throws Exception {
    try (Service service = new Service().start();
        RawClient slow = new RawClient(service.port())) {
      int port = service.port();
      JettyResource resource = service.resource(Duration.ofMillis(300));
      slow.get("/slow");
      service.awaitEntered();
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> resource.beforeCheckpoint(null))
            .isInstanceOf(RefusedException.class);
        assertThat(Descriptors.tcp(port)).doesNotContain("0A");
        resource.afterRestore(null);
        try (RawClient client = new RawClient(port)) {
          assertThat(client.echo("again").response()).endsWith("again");
        }
      }
      service.finish();
      assertThat(slow.toEnd()).endsWith("slow");
    }
  }

  @Test
  @DisplayName("Interrupted while it waits, it ends soon, and the service can be brought back")
  void interrupted() throws Exception {
    try (Service service = new Service().start();
        RawClient slow = new RawClient(service.port())) {
      JettyResource resource = service.resource();
      slow.get("/slow");
      service.awaitEntered();
      CompletableFuture<Throwable> ended = new CompletableFuture<>();
      Thread walk =
          new Thread(
              () -> {
                try {
                  resource.beforeCheckpoint(null);
                  ended.complete(new AssertionError("not interrupted"));
                } catch (Throwable e) {
                  ended.complete(e);
                }
              });
      walk.start();
      awaitRefusing(service.port());
      walk.interrupt();

      assertThat(ended.get(5, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
      resource.afterRestore(null);

      try (RawClient client = new RawClient(service.port())) {
        assertThat(client.echo("back").response()).endsWith("back");
      }
      service.finish();
      assertThat(slow.toEnd()).endsWith("slow");
    }
  }
}
