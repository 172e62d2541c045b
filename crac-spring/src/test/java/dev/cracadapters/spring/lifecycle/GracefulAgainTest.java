/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cracadapters.spring.fixture.IsolatedLoader;
import dev.cracadapters.spring.fixture.ServiceProcess;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Spring Boot's own graceful shutdown of a web server that has no adapter")
class GracefulAgainTest {

  private static final String BEGINS = "Commencing graceful shutdown";

  @TempDir private Path folder;

  @Test
  @DisplayName("waits for a request in flight in the second walk as in the first")
  void secondWalk() throws Exception {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.start();
        ServiceProcess service =
            new ServiceProcess(
                folder,
                List.of("-cp", IsolatedLoader.classPath("crac-jetty")),
                "--server.port=" + freePort(),
                "--server.shutdown=graceful",
                "--spring.crac.enabled=true",
                "--spring.crac.engine=pause",
                "--spring.datasource.url=" + postgres.getJdbcUrl("postgres", "postgres"),
                "--spring.datasource.username=postgres")) {
      service.postCheckpoint();
      service.awaitReportAfter("");
      assertThat(service.<String>report("$.outcome")).as(service.console()).isEqualTo("RESTORED");
      String first = service.lastStart();

      Path held = folder.resolve("held");
      CompletableFuture<HttpResponse<String>> slow =
          HttpClient.newHttpClient()
              .sendAsync(
                  HttpRequest.newBuilder(
                          URI.create("http://localhost:" + service.port + "/slow?file=" + held))
                      .build(),
                  BodyHandlers.ofString());
      await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(held));
      service.postCheckpoint();
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> service.console().split(BEGINS, -1).length > 2);
      Files.delete(held);

      assertThat(slow.get(60, TimeUnit.SECONDS).body()).isEqualTo("done");
      service.awaitReportAfter(first);
      assertThat(service.<String>report("$.outcome")).isEqualTo("RESTORED");
      assertThat(service.console()).doesNotContain("aborted with one or more requests");
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
