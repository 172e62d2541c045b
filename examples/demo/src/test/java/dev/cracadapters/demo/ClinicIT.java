/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("Pages over JPA on Boot's Tomcat")
class ClinicIT {

  @TempDir Path folder;

  @Test
  @DisplayName("are restored twice from one image, and read the database of now")
  void restoredTwice() throws IOException {
    HttpCalls http = HttpCalls.plain();
    Path image = folder.resolve("image");
    try (Database database = Database.start("clinic", folder.resolve("postgres"))) {
      int port = freePort();
      URI rider = URI.create("http://127.0.0.1:" + port + "/riders/1");
      URI checkpoint = URI.create("http://127.0.0.1:" + port + "/actuator/checkpoint");
      Map<String, String> environment =
          Map.of(
              "PORT", Integer.toString(port),
              "LOG_FILE", folder.resolve("clinic.log").toString(),
              "DATABASE_URL", database.jdbcUrl(),
              "DATABASE_USER", database.user(),
              "DATABASE_PASSWORD", database.user(),
              "CLINIC_IMAGE", image.toString());
      try (Service service =
          Service.start(
              ExecutableJar.of("clinic"),
              List.of("-Xmx512m", "-Dcrac.criu=" + WorkingCriu.here().path()),
              environment,
              folder.resolve("service.out"))) {
        service.firstOkMillis(http, rider);
        assertThat(http.post(checkpoint, "", "1").statusCode()).isEqualTo(202);
        Wait.until("end of the process", Service.END, () -> !service.isAlive());
        assertThat(database.sessions()).isZero();
      }
      for (int restore = 1; restore <= 2; restore++) {
        String street = restore + " New Street";
        assertThat(
                database.number(
                    "with moved as (update riders set street = ? where id = 1 returning id)"
                        + " select count(*) from moved",
                    street))
            .isEqualTo(1);
        try (Service restored =
            Service.restore(image, environment, folder.resolve(restore + ".out"))) {
          restored.firstOkMillis(http, rider);
          assertThat(http.get(rider).body()).contains("Anna Lind", street, "Old Blue");
          Wait.until(
              "the report of the restore",
              Service.START,
              () -> http.json(checkpoint).get("outcome").asText().equals("RESTORED"));
          restored.signal("TERM");
          assertThat(restored.exitStatus()).isEqualTo(143);
        }
      }
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
