/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jetty;

import static dev.cracadapters.jetty.Checkpoints.awaitRefusing;
import static dev.cracadapters.jetty.Checkpoints.before;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of connections and of the requests on them while a checkpoint drains. */
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

      service.neverIdle = true;
      CompletableFuture<Void> checkpoint = before(service.resource());
      awaitRefusing(service.port());

      assertThat(client.echo("during").toEnd()).contains("Connection: close").endsWith("during");
      service.neverIdle = false;
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

      service.neverIdle = true;
      CompletableFuture<Void> checkpoint = before(service.resource());
      awaitRefusing(service.port());
      client.send("nt-Length: 5\r\n\r\npi");
      client.send("ece");

      assertThat(client.toEnd()).contains("Connection: close").endsWith("piece");
      service.neverIdle = false;
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
  @DisplayName("A checkpoint without traffic does not wait for any time to pass")
  void quietCheckpointIsQuick() throws Exception {
    try (Service service = new Service().start()) {
      JettyResource resource = service.resource(Duration.ofMinutes(10));
      resource.beforeCheckpoint(null);
      resource.afterRestore(null);
      long start = System.nanoTime();
      resource.beforeCheckpoint(null);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMinutes(1));
    }
  }
}
