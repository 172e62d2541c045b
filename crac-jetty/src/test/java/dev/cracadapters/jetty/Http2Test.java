/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jetty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.core.RefusedException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class Http2Test {

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();

  @Test
  @DisplayName("HTTP/2: a stream in flight finishes, and the service is back after the restore")
  void streamFinishes() throws Exception {
    try (Service service = http2()) {
      int port = service.port();
      JettyResource resource = service.resource();
      upgrade(port);
      assertThat(echo(port, "one").version()).isEqualTo(HttpClient.Version.HTTP_2);
      CompletableFuture<HttpResponse<String>> slow = slow(port);
      service.awaitEntered();

      CompletableFuture<Void> checkpoint = Checkpoints.before(resource);
      Checkpoints.awaitRefusing(port);
      assertThat(checkpoint).isNotDone();
      service.finish();

      HttpResponse<String> response = slow.get(10, TimeUnit.SECONDS);
      assertThat(response.body()).isEqualTo("slow");
      assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
      checkpoint.get(10, TimeUnit.SECONDS);
      assertThat(Descriptors.tcp(port)).isEmpty();

      for (int i = 0; i < 3; i++) {
        resource.afterRestore(null);
        upgrade(port);
        assertThat(echo(port, "a " + i).body()).isEqualTo("a " + i);
        HttpResponse<String> second = echo(port, "b " + i);
        assertThat(second.body()).isEqualTo("b " + i);
        assertThat(second.version()).isEqualTo(HttpClient.Version.HTTP_2);
        resource.beforeCheckpoint(null);
        assertThat(Descriptors.tcp(port)).isEmpty();
      }
    }
  }

  @Test
  @DisplayName(
      "HTTP/2: past the drain time-out the checkpoint is refused, and the stream is not lost")
  void refused() throws Exception {
    try (Service service = http2()) {
      int port = service.port();
      JettyResource resource = service.resource(Duration.ofMillis(300));
      upgrade(port);
      CompletableFuture<HttpResponse<String>> slow = slow(port);
      service.awaitEntered();

      assertThatThrownBy(() -> resource.beforeCheckpoint(null))
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining("1 HTTP/2 stream");
      resource.afterRestore(null);

      assertThat(echo(port, "again").body()).isEqualTo("again");
      service.finish();
      assertThat(slow.get(10, TimeUnit.SECONDS).body()).isEqualTo("slow");
    }
  }

  private static Service http2() throws Exception {
    Service service = new Service();
    service.connector.addConnectionFactory(
        new HTTP2CServerConnectionFactory(
            service
                .connector
                .getConnectionFactory(HttpConnectionFactory.class)
                .getHttpConfiguration()));
    return service.start();
  }

  /** The client upgrades with a request that has no body. */
  private void upgrade(int port) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/echo")).build();
    HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
    assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
  }

  private HttpResponse<String> echo(int port, String body) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/echo"))
            .timeout(Duration.ofSeconds(10))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private CompletableFuture<HttpResponse<String>> slow(int port) {
    return http.sendAsync(
        HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/slow")).build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
