/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("The demo's report")
class DemoReportTest {

  @ParameterizedTest
  @CsvSource({"5800, 590, true", "5800, 5799, true", "5800, 5800, false", "5800, 9600, false"})
  @DisplayName("fails where a restore takes as long as the cold start of the same run, or longer")
  void slowRestore(long coldStart, long restored, boolean ok) {
    DemoReport report = new DemoReport("criu");
    report.coldStartMillis = coldStart;
    report.restored(new DemoReport.Restore(0, restored, "token", 1, null));
    report.checkRestoreIsFaster();
    assertThat(report.allOk()).isEqualTo(ok);
    assertThat(report.table())
        .containsPattern(
            (ok ? "ok    " : "FAIL  ")
                + "a restore is faster than the cold start +%d ms, cold start %d ms"
                    .formatted(restored, coldStart));
    assertThat(report.table().contains("SLOWER than the cold start")).isNotEqualTo(ok);
  }

  @ParameterizedTest
  @CsvSource({"5799, false", "5801, true"})
  @DisplayName("marks a clone that was slower, which shares the machine with the other one")
  void slowClone(long millis, boolean isMarked) {
    DemoReport report = new DemoReport("criu");
    report.coldStartMillis = 5800;
    report.restored(new DemoReport.Restore(0, 600, "token", 1, null));
    report.checkRestoreIsFaster();
    report.restored(new DemoReport.Restore(2, millis, "another", 1, null));
    assertThat(report.allOk()).isTrue();
    assertThat(report.table().contains("times as fast, SLOWER than the cold start"))
        .isEqualTo(isMarked);
  }
}
