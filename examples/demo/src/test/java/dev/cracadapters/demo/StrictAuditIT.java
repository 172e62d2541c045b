/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@DisplayName("Under the strict audit")
class StrictAuditIT {

  @TempDir Path folder;

  @Tag("essential")
  @Test
  @DisplayName("the example leaves nothing open that a CRaC JDK would refuse")
  void nothingIsOpen() throws IOException {
    try (OrdersUnderTest test =
        OrdersUnderTest.start(folder, "-Dspring.crac.engine=pause", "-Dspring.crac.audit=strict")) {
      test.orders.countOverTls();
      test.orders.line("COUNT");

      JsonNode report = test.checkpoint();

      assertThat(report.get("failures")).isEmpty();
      assertThat(report.get("outcome").asText()).isEqualTo("RESTORED");
      assertThat(report.get("descriptors")).isEmpty();
    }
  }

  @Test
  @DisplayName("a file that nobody closes is refused by its name: the log of the collector")
  void aFileLeftOpenIsRefused() throws IOException {
    Path gcLog = java.nio.file.Files.createFile(folder.resolve("gc.log"));
    try (OrdersUnderTest test =
        OrdersUnderTest.start(
            folder.resolve("run"),
            "-Dspring.crac.engine=pause",
            "-Dspring.crac.audit=strict",
            "-Xlog:gc:file=" + gcLog)) {

      JsonNode report = test.checkpoint();

      assertThat(report.get("outcome").asText()).isEqualTo("REFUSED");
      assertThat(report.get("failures").toString()).contains(gcLog.toRealPath().toString());
    }
  }
}
