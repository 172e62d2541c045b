/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.throughput;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("soak")
@DisplayName("Of one short round")
class ThroughputIT {

  private final ByteArrayOutputStream said = new ByteArrayOutputStream();
  private final PrintStream before = System.out;

  @BeforeEach
  void listen() {
    System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void stopListening() {
    System.setOut(before);
  }

  @Test
  @DisplayName("the benchmark of logging prints each appender with one thread and with four")
  void logging() throws Exception {
    Throughput.main(new String[] {"logging", "--rounds", "1", "--millis", "10"});
    // A newer JDK warns of what JMH does, and JMH hands that on.
    assertThat(said.toString(StandardCharsets.UTF_8).lines())
        .filteredOn(line -> line.contains("Appender |"))
        .hasSize(6)
        .allMatch(
            row -> row.matches("\\| \\w+Appender \\| [14] \\| \\d+ \\| \\d+ \\| \\d\\S+ \\|"));
  }

  @Test
  @DisplayName("the benchmark of connections prints two sizes of a pool with 1, 8 and 32 threads")
  void connections() throws Exception {
    Throughput.main(new String[] {"connections", "--rounds", "1", "--millis", "10"});
    assertThat(said.toString(StandardCharsets.UTF_8).lines())
        .filteredOn(line -> line.matches("\\| (10|32) \\| .*"))
        .hasSize(6)
        .allMatch(row -> row.matches("\\| \\d+ \\| (1|8|32) \\| \\d+ \\| \\d+ \\| \\d\\S+ \\|"));
  }

  @Tag("essential")
  @Test
  @DisplayName("what it does not know is refused")
  void usage() {
    assertThatThrownBy(() -> Throughput.main(new String[] {"logging", "--turns", "1"}))
        .hasMessageContaining("--rounds N");
  }
}
