/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.context;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.spring.fixture.IsolatedLoader;
import dev.cracadapters.spring.fixture.ServiceProcess;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The service with crac-spring alone. */
class WithoutAdaptersTest {

  @TempDir private Path folder;

  @Test
  @DisplayName("What stays open is named with the adapter that is missing, and the service goes on")
  void missingAdaptersAreNamed() throws Exception {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.start();
        ServiceProcess service =
            new ServiceProcess(
                folder,
                List.of("-cp", IsolatedLoader.classPath("crac-(logback|hikari|jetty|netty|jdk)")),
                // Spring Boot itself would start Jetty on another port again where it chose one.
                "--server.port=" + freePort(),
                "--spring.crac.enabled=true",
                "--spring.crac.engine=pause",
                "--spring.datasource.url=" + postgres.getJdbcUrl("postgres", "postgres"),
                "--spring.datasource.username=postgres")) {
      service.get("/borrow");

      assertThat(service.postCheckpoint()).startsWith("HTTP/1.1 202 ").contains("accepted");
      service.awaitReportAfter("");

      assertThat(service.<String>report("$.outcome")).isEqualTo("REFUSED");
      assertThat(service.<List<String>>report("$.failures"))
          .anyMatch(
              failure ->
                  failure.contains("service.log")
                      && failure.contains("the file of appender FILE: add crac-logback"))
          .anyMatch(failure -> failure.contains("a connection of HikariPool-1: add crac-hikari"));
      assertThat(service.get("/database?number=7")).isEqualTo("7");
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
