/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.CheckpointReport.Rehearsal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The body of a report")
class ReportBodyTest {

  private static Map<String, Object> body(Rehearsal... rehearsals) {
    return ReportBody.of(
        new CheckpointReport(
            Outcome.RESTORED,
            "criu",
            Instant.EPOCH,
            Instant.EPOCH,
            135,
            900,
            22,
            List.of(),
            List.of(),
            null,
            "one",
            List.of(),
            null,
            List.of(rehearsals)));
  }

  @Test
  @DisplayName("tells what each rehearsal took, and nothing where there was none")
  void rehearsals() {
    assertThat(body(new Rehearsal(285, 101), new Rehearsal(185, 26)))
        .containsEntry(
            "rehearsals",
            List.of(
                Map.of("downMillis", 285L, "upMillis", 101L),
                Map.of("downMillis", 185L, "upMillis", 26L)));
    assertThat(body()).doesNotContainKey("rehearsals");
  }
}
