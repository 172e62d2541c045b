/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.orders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("essential")
class ExecutableJarIT {

  @TempDir private Path folder;

  @Test
  @DisplayName("The executable jar takes its settings from the environment, and SIGTERM ends it")
  void startsAndStops() throws Exception {
    int port = freePort();
    try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
      Process service = start(postgres, port);
      try {
        HttpRequest count =
            HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/orders/count"))
                .timeout(Duration.ofSeconds(20))
                .build();
        HttpClient client = HttpClient.newHttpClient();
        await()
            .atMost(Duration.ofMinutes(4)) // a bound, not an expectation: machines are busy
            .ignoreExceptionsInstanceOf(IOException.class)
            .until(
                () -> {
                  assertThat(service.isAlive()).as(() -> console()).isTrue();
                  return client.send(count, BodyHandlers.ofString()).body().equals("{\"count\":0}");
                });

        service.destroy();

        assertThat(service.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(service.exitValue()).isEqualTo(128 + 15);
        assertThat(Files.readString(folder.resolve("orders.log")))
            .contains("path=/orders/count status=200", "Graceful shutdown complete");
      } finally {
        service.destroyForcibly();
      }
    }
  }

  private Process start(EmbeddedPostgres postgres, int port) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-jar",
            System.getProperty("orders.jar"));
    builder
        .environment()
        .putAll(
            Map.of(
                "PORT",
                Integer.toString(port),
                "TLS_PORT",
                "0",
                "LINE_PORT",
                "0",
                "KEY_STORE",
                "file:" + KeyStoreFile.create(folder).path(),
                "LOG_FILE",
                folder.resolve("orders.log").toString(),
                "DATABASE_URL",
                postgres.getJdbcUrl("postgres", "postgres"),
                "DATABASE_USER",
                "postgres"));
    return builder
        .directory(folder.toFile())
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("console.txt").toFile())
        .start();
  }

  private String console() {
    try {
      return Files.readString(folder.resolve("console.txt"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
