/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.clinic;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

@SpringBootTest(
    webEnvironment = WebEnvironment.RANDOM_PORT,
    properties = "logging.file.name=target/test-logs/clinic.log")
@DisplayName("The bicycle clinic")
class ClinicTest {

  private static final EmbeddedPostgres POSTGRES = startPostgres();

  private final HttpClient client = HttpClient.newHttpClient();

  @LocalServerPort private int port;

  @DynamicPropertySource
  static void settings(DynamicPropertyRegistry registry) {
    registry.add("spring.datasource.url", () -> POSTGRES.getJdbcUrl("postgres", "postgres"));
    registry.add("spring.datasource.username", () -> "postgres");
  }

  @Test
  @DisplayName("shows a rider with bikes and repairs, the latest first")
  void riderPage() throws Exception {
    HttpResponse<String> page = get("/riders/1");
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.body())
        .contains("<title>Anna Lind – Bicycle clinic</title>", "4 Mill Lane", "racing bike")
        .containsSubsequence("Old Blue", "brake pads", "Swift", "wheel trued", "new chain");
  }

  @Test
  @DisplayName("finds riders by the beginning of their names, ten a page")
  void findsRiders() throws Exception {
    assertThat(get("/riders?name=a").body()).contains("Anna Lind").doesNotContain("Bruno Keller");
    assertThat(get("/riders").body())
        .contains("Jan Visser", ">More<")
        .doesNotContain("Kaja Nilsen");
    assertThat(get("/riders?page=1").body()).contains("Kaja Nilsen").doesNotContain(">More<");
    assertThat(get("/riders?name=zz").body()).contains("Nobody of that name.");
    assertThat(get("/riders/99").statusCode()).isEqualTo(404);
  }

  @Test
  @DisplayName("shows who repairs what")
  void mechanics() throws Exception {
    assertThat(get("/").body()).containsSubsequence("Mateo Rossi", "racing bike", "Noor Haddad");
  }

  @Test
  @DisplayName("takes a repair, and refuses one without a day or of tomorrow")
  void takesRepairs() throws Exception {
    HttpResponse<String> saved = post("/bikes/6/repairs/new", "day=2025-02-03&work=oil&mechanic=2");
    assertThat(saved.statusCode()).isEqualTo(302);
    assertThat(saved.headers().firstValue("Location").orElseThrow()).endsWith("/riders/5");
    assertThat(get("/riders/5").body()).contains("3 Feb 2025", "oil", "Mateo Rossi");
    assertThat(get("/bikes/6/repairs/new").body()).contains("Of <b>Comet</b>");
    String wrong = post("/bikes/6/repairs/new", "day=2999-01-01&work=&mechanic=2").body();
    assertThat(wrong).contains("must be a date in the past", "must not be blank");
  }

  @Test
  @DisplayName("is healthy")
  void health() throws Exception {
    assertThat(get("/actuator/health").body()).contains("\"status\":\"UP\"");
  }

  private HttpResponse<String> get(String path) throws Exception {
    return client.send(request(path).build(), BodyHandlers.ofString());
  }

  private HttpResponse<String> post(String path, String form) throws Exception {
    return client.send(
        request(path)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString(form))
            .build(),
        BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
        .header("Accept-Language", "en")
        .timeout(Duration.ofSeconds(20));
  }

  private static EmbeddedPostgres startPostgres() {
    try {
      return EmbeddedPostgres.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
