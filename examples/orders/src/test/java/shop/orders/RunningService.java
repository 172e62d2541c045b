/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.orders;

import com.jayway.jsonpath.JsonPath;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;
import org.eclipse.jetty.server.ServerConnector;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.jetty.JettyWebServer;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** The whole service on free ports, with a PostgreSQL of its own. One for all tests. */
@SpringBootTest(
    webEnvironment = WebEnvironment.RANDOM_PORT,
    properties = {
      "logging.file.name=${orders.test-log}",
      // PostgreSQL's own messages quote references; only the service's lines are to be counted.
      "logging.level.io.zonky.test.db.postgres=WARN"
    })
abstract class RunningService {

  /** One for each JVM: where two write, one rolls the other's lines away when a day has passed. */
  private static final Path LOG = temporaryFolder().resolve("orders.log");

  static {
    System.setProperty("orders.test-log", LOG.toString()); // known before the context is
  }

  private static final EmbeddedPostgres POSTGRES = startPostgres();
  private static final KeyStoreFile KEY_STORE = KeyStoreFile.create(temporaryFolder());

  final HttpClient client = HttpClient.newBuilder().sslContext(KEY_STORE.trusting()).build();

  @Autowired private WebServerApplicationContext context;

  @DynamicPropertySource
  static void settings(DynamicPropertyRegistry registry) {
    registry.add("spring.datasource.url", () -> POSTGRES.getJdbcUrl("postgres", "postgres"));
    registry.add("spring.datasource.username", () -> "postgres");
    registry.add("server.ssl.key-store", () -> "file:" + KEY_STORE.path());
    registry.add("orders.http.port", () -> 0);
    registry.add("orders.line.port", () -> 0);
    registry.add("orders.close-after", () -> "100ms");
  }

  String http(String path) {
    return "http://localhost:" + port(connector -> "http".equals(connector.getName())) + path;
  }

  String https(String path) {
    return "https://localhost:" + port(connector -> !"http".equals(connector.getName())) + path;
  }

  HttpResponse<String> get(String url) throws Exception {
    return client.send(request(url).build(), BodyHandlers.ofString());
  }

  HttpResponse<String> post(String url, String json) throws Exception {
    return client.send(
        request(url)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json))
            .build(),
        BodyHandlers.ofString());
  }

  HttpRequest.Builder request(String url) {
    return HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(20));
  }

  static <T> T json(HttpResponse<String> response, String path) {
    return JsonPath.read(response.body(), path);
  }

  static String order(String reference) {
    return """
        {"customer": "Ada", "item": "teapot", "quantity": 2, "reference": "%s"}"""
        .formatted(reference);
  }

  static String newReference() {
    return "test-" + UUID.randomUUID();
  }

  static List<String> logLines(String text) {
    try {
      return Files.readAllLines(LOG).stream().filter(line -> line.contains(text)).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private int port(Predicate<ServerConnector> wanted) {
    JettyWebServer server = (JettyWebServer) context.getWebServer();
    return Arrays.stream(server.getServer().getConnectors())
        .map(ServerConnector.class::cast)
        .filter(wanted)
        .findFirst()
        .orElseThrow()
        .getLocalPort();
  }

  private static EmbeddedPostgres startPostgres() {
    try {
      return EmbeddedPostgres.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path temporaryFolder() {
    try {
      return Files.createTempDirectory(Files.createDirectories(Path.of("target")), "orders-test");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
