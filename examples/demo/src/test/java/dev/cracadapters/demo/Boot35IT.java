/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("A Spring Boot 3.5 service")
class Boot35IT {

  @TempDir Path folder;

  @Test
  @DisplayName("is checkpointed, and restored three times from one image")
  void restoredThreeTimes() throws IOException {
    HttpCalls http = HttpCalls.plain();
    Path image = folder.resolve("image");
    try (Database database = Database.start("notes", folder.resolve("postgres"))) {
      int port = freePort();
      URI count = URI.create("http://127.0.0.1:" + port + "/count");
      URI notes = URI.create("http://127.0.0.1:" + port + "/notes");
      URI checkpoint = URI.create("http://127.0.0.1:" + port + "/actuator/checkpoint");
      Map<String, String> environment =
          Map.of(
              "PORT", Integer.toString(port),
              "LOG_FILE", folder.resolve("notes.log").toString(),
              "DATABASE_URL", database.jdbcUrl(),
              "DATABASE_USER", database.user(),
              "DATABASE_PASSWORD", database.user(),
              "NOTES_IMAGE", image.toString());
      try (Service service =
          Service.start(
              ExecutableJar.of("boot35"),
              List.of("-Xmx512m", "-Dcrac.criu=" + WorkingCriu.here().path()),
              environment,
              folder.resolve("service.out"))) {
        service.firstOkMillis(http, count);
        assertThat(http.post(notes, Map.of("text", "one"), "1").statusCode()).isEqualTo(201);
        assertThat(http.post(checkpoint, "", "2").statusCode()).isEqualTo(202);
        Wait.until("end of the process", Service.END, () -> !service.isAlive());
        assertThat(database.sessions()).isZero();
      }
      for (int restore = 1; restore <= 3; restore++) {
        try (Service restored =
            Service.restore(image, environment, folder.resolve(restore + ".out"))) {
          restored.firstOkMillis(http, count);
          assertThat(http.json(count).get("count").asInt()).isEqualTo(restore);
          Wait.until(
              "the report of the restore",
              Service.START,
              () -> http.json(checkpoint).get("outcome").asText().equals("RESTORED"));
          assertThat(http.post(notes, Map.of("text", "more"), "3").statusCode()).isEqualTo(201);
          restored.signal("TERM");
          assertThat(restored.exitStatus()).isEqualTo(143);
        }
      }
      assertThat(Files.readString(folder.resolve("notes.log")).lines())
          .filteredOn(line -> line.contains("note created"))
          .hasSize(4);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
