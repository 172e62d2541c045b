/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.clinic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Tomcat, which has no adapter: Spring Boot's own lifecycle beans stop it and start it again. */
@DisabledIfSystemProperty(named = "withoutCrac", matches = ".*")
class RequestInFlightTest {

  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final HttpClient client = HttpClient.newHttpClient();

  /** Answers when it is told to. */
  @RestController
  static class Slow {

    volatile CountDownLatch entered = new CountDownLatch(1);
    volatile CountDownLatch mayAnswer = new CountDownLatch(1);

    @GetMapping("/slow")
    String slow() throws InterruptedException {
      entered.countDown();
      return mayAnswer.await(LIMIT.toSeconds(), TimeUnit.SECONDS) ? "done" : "nobody told";
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class WithSlow {

    @Bean
    Slow slow() {
      return new Slow();
    }
  }

  @Test
  @DisplayName("is answered at every checkpoint, and not at the first one only")
  void isAnsweredAtEveryCheckpoint() throws Exception {
    int port = freePort();
    try (EmbeddedPostgres postgres = EmbeddedPostgres.start();
        ConfigurableApplicationContext context =
            new SpringApplicationBuilder(ClinicApplication.class, WithSlow.class)
                .run(
                    "--server.port=" + port,
                    "--spring.datasource.url=" + postgres.getJdbcUrl("postgres", "postgres"),
                    "--spring.datasource.username=postgres",
                    "--spring.crac.engine=pause",
                    "--management.endpoints.web.exposure.include=checkpoint",
                    "--logging.file.name=target/test-logs/in-flight.log")) {
      Slow slow = context.getBean(Slow.class);
      String report = "";
      for (int time = 1; time <= 3; time++) {
        slow.entered = new CountDownLatch(1);
        slow.mayAnswer = new CountDownLatch(1);
        CompletableFuture<HttpResponse<String>> inFlight =
            client.sendAsync(request(port, "/slow").build(), BodyHandlers.ofString());
        assertThat(slow.entered.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(post(port, "/actuator/checkpoint").statusCode()).isEqualTo(202);
        await().atMost(LIMIT).until(() -> !accepts(port));

        slow.mayAnswer.countDown();

        assertThat(inFlight.get(LIMIT.toSeconds(), TimeUnit.SECONDS).body()).isEqualTo("done");
        String before = report;
        report =
            await()
                .atMost(LIMIT)
                .ignoreExceptions()
                .until(() -> get(port, "/actuator/checkpoint"), now -> isAnother(now, before));
        // PostgreSQL's lock, which this JVM has, is refused after all has been down.
        assertThat(report).contains("epg-lock").doesNotContain("did not complete its stop");
      }
    }
  }

  private static boolean isAnother(String report, String before) {
    return report.contains("\"startedAt\"") && !report.equals(before);
  }

  private String get(int port, String path) throws Exception {
    return client.send(request(port, path).build(), BodyHandlers.ofString()).body();
  }

  private HttpResponse<String> post(int port, String path) throws Exception {
    return client.send(
        request(port, path).POST(BodyPublishers.noBody()).build(), BodyHandlers.ofString());
  }

  private static HttpRequest.Builder request(int port, String path) {
    return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path)).timeout(LIMIT);
  }

  private static boolean accepts(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
