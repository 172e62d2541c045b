/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jetty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.cracadapters.core.RefusedException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
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

@Timeout(60)
class DrainTest {

  @Test
  @DisplayName(
      "A request in flight gets its whole response, with Connection: close, and then a FIN")
  void requestInFlightFinishes() throws Exception {
    try (Service service = new Service().start();
        RawClient client = new RawClient(service.port())) {
      JettyResource resource = service.resource();
      client.get("/slow");
      service.awaitEntered();

      CompletableFuture<Void> checkpoint = before(resource);
      awaitRefusing(service.port());
      assertThat(checkpoint).isNotDone();
      service.finish();

      assertThat(client.toEnd())
          .startsWith("HTTP/1.1 200")
          .contains("Connection: close")
          .endsWith("slow");
      checkpoint.get(10, TimeUnit.SECONDS);
      assertThat(Descriptors.tcp(service.connector.getPort())).isEmpty();
    }
  }

  @Test
  @DisplayName("A response that has begun is sent to its end, and then a FIN")
  void streamFinishes() throws Exception {
    try (Service service = new Service().start();
        RawClient client = new RawClient(service.port())) {
      client.get("/stream");
      service.awaitEntered();

      CompletableFuture<Void> checkpoint = before(service.resource());
      awaitRefusing(service.port());
      assertThat(checkpoint).isNotDone();
      service.finish();

      assertThat(client.toEnd()).contains("first ").contains("second").endsWith("0\r\n\r\n");
      checkpoint.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  @DisplayName("A persistent connection that idles is closed with a FIN")
  void idleConnectionIsClosed() throws Exception {
    try (Service service = new Service().start();
        RawClient used = new RawClient(service.port());
        RawClient fresh = new RawClient(service.port())) {
      used.echo("one").response();

      CompletableFuture<Void> checkpoint = before(service.resource());

      assertThat(used.toEnd()).isEmpty();
      assertThat(fresh.toEnd()).isEmpty();
      checkpoint.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  @DisplayName("A client that sends its next request just as the drain begins is still answered")
  void requestDuringDrainIsAnswered() throws Exception {
    try (Service service = new Service().start();
        RawClient slow = new RawClient(service.port());
        RawClient client = new RawClient(service.port())) {
      slow.get("/slow");
      service.awaitEntered();
      client.echo("before").response();

      CompletableFuture<Void> checkpoint = before(service.resource());
      awaitRefusing(service.port());

      assertThat(client.echo("during").toEnd()).contains("Connection: close").endsWith("during");
      service.finish();
      slow.toEnd();
      checkpoint.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  @DisplayName("Connections that wait in the listening socket's queue are accepted and answered")
  void queuedConnectionsAreAnswered() throws Exception {
    try (Service service = new Service().start()) {
      // The acceptor takes one connection and then pauses, the others stay in the kernel's queue.
      service.connector.setAccepting(false);
      List<RawClient> clients = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        clients.add(new RawClient(service.port()).echo("queued " + i));
      }

      CompletableFuture<Void> checkpoint = before(service.resource());

      for (int i = 0; i < 20; i++) {
        String response = clients.get(i).toEnd();
        assertThat(response).endsWith("queued " + i);
        if (i > 0) {
          // The first one may have been answered before the checkpoint began.
          assertThat(response).contains("Connection: close");
        }
        clients.get(i).close();
      }
      checkpoint.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  @DisplayName(
      "A request whose headers stop arriving does not hold a checkpoint, and is not processed")
  void halfSentRequest() throws Exception {
    try (Service service = new Service().start();
        RawClient client = new RawClient(service.port())) {
      client.send("POST /echo HTTP/1.1\r\nHost: te");

      CompletableFuture<Void> checkpoint = before(service.resource());

      assertThat(client.toEnd()).isEmpty();
      checkpoint.get(10, TimeUnit.SECONDS);
      assertThat(service.processed).isEmpty();
    }
  }

  @Test
  @DisplayName("A request that arrives in pieces during the drain is answered")
  void requestInPieces() throws Exception {
    try (Service service = new Service().start();
        RawClient client = new RawClient(service.port())) {
      client.send("POST /echo HTTP/1.1\r\nHost: test\r\nConte");

      CompletableFuture<Void> checkpoint = before(service.resource());
      awaitRefusing(service.port());
      client.send("nt-Length: 5\r\n\r\npi");
      client.send("ece");

      assertThat(client.toEnd()).contains("Connection: close").endsWith("piece");
      checkpoint.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  @DisplayName(
      "A request whose body arrives slowly, and that waits for it without a thread, is in flight")
  void slowBody() throws Exception {
    try (Service service = new Service().start();
        RawClient client = new RawClient(service.port())) {
      client.send("POST /async HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nfirst");
      service.awaitEntered();

      CompletableFuture<Void> checkpoint = before(service.resource());
      // Longer than an idle connection is left alone.
      await().pollDelay(Duration.ofMillis(600)).until(() -> !checkpoint.isDone());
      client.send(" half");

      assertThat(client.toEnd()).contains("Connection: close").endsWith("first half");
      checkpoint.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  @DisplayName(
      "A response that has not begun to be sent is whole when it is larger than the buffers")
  void largeResponse() throws Exception {
    try (Service service = new Service().start();
        RawClient client = new RawClient(service.port())) {
      String body = "x".repeat(8_000_000);
      client.echo(body);

      CompletableFuture<Void> checkpoint = before(service.resource());

      assertThat(client.toEnd()).hasSizeGreaterThan(body.length()).endsWith("xxx");
      checkpoint.get(10, TimeUnit.SECONDS);
    }
  }

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

  @Test
  @DisplayName("A checkpoint without traffic takes well under the time a client would notice")
  void quietCheckpointIsQuick() throws Exception {
    try (Service service = new Service().start()) {
      JettyResource resource = service.resource();
      resource.beforeCheckpoint(null);
      resource.afterRestore(null);
      long start = System.nanoTime();
      resource.beforeCheckpoint(null);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(500));
    }
  }

  static CompletableFuture<Void> before(JettyResource resource) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    Thread walk =
        new Thread(
            () -> {
              try {
                resource.beforeCheckpoint(null);
                done.complete(null);
              } catch (Throwable e) {
                done.completeExceptionally(new ExecutionException(e));
              }
            });
    walk.setDaemon(true);
    walk.start();
    return done;
  }

  static void awaitRefusing(int port) {
    await()
        .atMost(Duration.ofSeconds(5))
        .pollInterval(Duration.ofMillis(1))
        .until(() -> !Descriptors.tcp(port).contains("0A"));
  }
}
