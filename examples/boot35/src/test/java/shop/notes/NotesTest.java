/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.notes;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootVersion;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.client.TestRestTemplate;
import org.springframework.http.HttpStatus;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

@SpringBootTest(
    webEnvironment = WebEnvironment.RANDOM_PORT,
    properties = "logging.file.name=target/test-logs/notes.log")
class NotesTest {

  private static final EmbeddedPostgres POSTGRES = startPostgres();

  @Autowired private TestRestTemplate client;

  @DynamicPropertySource
  static void settings(DynamicPropertyRegistry registry) {
    registry.add("spring.datasource.url", () -> POSTGRES.getJdbcUrl("postgres", "postgres"));
    registry.add("spring.datasource.username", () -> "postgres");
  }

  @Test
  @DisplayName("A note that was posted counts, and is in the log, on the 3.5 line")
  void postedNoteCounts() throws IOException {
    long before = count();

    var created =
        client.postForEntity(
            "/notes", new NotesController.NewNote("tea at five"), NotesController.Note.class);

    assertThat(SpringBootVersion.getVersion()).startsWith("3.5.");
    assertThat(created.getStatusCode()).isEqualTo(HttpStatus.CREATED);
    assertThat(count()).isEqualTo(before + 1);
    assertThat(Files.readString(Path.of("target/test-logs/notes.log")))
        .contains("note created id=" + created.getBody().id());
  }

  @Test
  @DisplayName("A note without a text is refused")
  void emptyNoteIsRefused() {
    var refused = client.postForEntity("/notes", new NotesController.NewNote(" "), String.class);

    assertThat(refused.getStatusCode()).isEqualTo(HttpStatus.BAD_REQUEST);
  }

  @Test
  @DisplayName("The service is healthy")
  void healthIsUp() {
    assertThat(client.getForObject("/actuator/health", String.class))
        .isEqualTo("{\"status\":\"UP\"}");
  }

  private long count() {
    return client.getForObject("/count", NotesController.Count.class).count();
  }

  private static EmbeddedPostgres startPostgres() {
    try {
      return EmbeddedPostgres.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
