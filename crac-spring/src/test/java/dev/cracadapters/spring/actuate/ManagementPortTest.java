/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.spring.fixture.ServiceProcess;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The management port has a web server, and a Spring context, of its own. */
class ManagementPortTest {

  @TempDir private Path folder;

  @Test
  @DisplayName("With a management port of its own both servers go through many checkpoints")
  void bothServersGoThrough() throws Exception {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.start();
        ServiceProcess service =
            new ServiceProcess(
                folder,
                List.of(),
                "--management.server.port=0",
                "--spring.crac.enabled=true",
                "--spring.crac.engine=pause",
                "--spring.datasource.url=" + postgres.getJdbcUrl("postgres", "postgres"),
                "--spring.datasource.username=postgres")) {
      assertThat(service.managementPort).isNotEqualTo(service.port);
      for (int cycle = 1; cycle <= 3; cycle++) {
        String before = service.lastStart();

        assertThat(service.postCheckpoint()).startsWith("HTTP/1.1 202 ");

        service.awaitReportAfter(before);
        assertThat(service.<String>report("$.outcome")).as(service::console).isEqualTo("RESTORED");
        assertThat(service.get("/database?number=" + cycle)).isEqualTo("" + cycle);
      }
      assertThat(service.<List<String>>report("$.resources[*].name"))
          .contains("jetty 0.0.0.0:" + service.port, "jetty 0.0.0.0:" + service.managementPort)
          .noneMatch(name -> name.contains("webServer"));
      assertThat(service.console())
          .doesNotContain("Commencing graceful shutdown")
          .doesNotContain("Failed to stop bean");
    }
  }
}
