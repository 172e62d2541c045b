/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("Of one small round")
class BenchmarksIT {

  private static final String MILLIS = "[\\d.]+ \\([\\d.]+–[\\d.]+\\)";

  @TempDir Path folder;
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();
  private final PrintStream before = System.out;

  @BeforeEach
  void listen() {
    System.setProperty("benchmarks.criu", WorkingCriu.here().path().toString());
    System.setProperty("benchmarks.folder", folder.toString());
    System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void stopListening() {
    System.setOut(before);
  }

  private String lastRow() {
    String text = said.toString(StandardCharsets.UTF_8);
    return text.lines().reduce("", (first, second) -> second);
  }

  @Tag("essential")
  @Test
  @DisplayName("the restore's benchmark prints bare CRIU beside the script")
  void restore() throws Exception {
    RestoreBenchmark.main(new String[] {"--sizes", "20", "--rounds", "1"});
    assertThat(lastRow())
        .matches(
            "\\| \\S+ \\| \\d+ \\| %s \\| %s \\| [\\d.]+ \\| %s \\| %s \\|"
                .formatted(MILLIS, MILLIS, MILLIS, MILLIS));
  }

  @Test
  @DisplayName("the checkpoint's prints all its parts")
  void checkpoint() throws Exception {
    CheckpointBenchmark.main(new String[] {"--sizes", "20", "--rounds", "1"});
    assertThat(lastRow()).matches("\\| \\S+ \\| \\d+ (\\| " + MILLIS + " ){6}\\|");
  }
}
