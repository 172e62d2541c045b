/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.spring.fixture.ServiceProcess;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointBySignalTest {

  @TempDir private Path folder;

  @Test
  @DisplayName(
      "With spring.crac.checkpoint-signal a service takes a checkpoint when the signal comes")
  void signal() throws Exception {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.start();
        ServiceProcess service =
            new ServiceProcess(
                folder,
                List.of(),
                "--spring.crac.enabled=true",
                "--spring.crac.engine=pause",
                "--spring.crac.checkpoint-signal=USR2",
                "--spring.datasource.url=" + postgres.getJdbcUrl("postgres", "postgres"),
                "--spring.datasource.username=postgres")) {
      for (int cycle = 1; cycle <= 2; cycle++) {
        String before = service.lastStart();
        service.signal("USR2");
        service.awaitReportAfter(before);
        assertThat(service.<String>report("$.outcome")).as(service::console).isEqualTo("RESTORED");
        assertThat(service.get("/database?number=" + cycle)).isEqualTo("" + cycle);
      }
    }
  }
}
