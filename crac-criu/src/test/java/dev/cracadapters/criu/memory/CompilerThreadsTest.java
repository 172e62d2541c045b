/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The compilers' threads")
class CompilerThreadsTest {

  @Test
  @DisplayName("are found, with what they have used")
  void found() {
    assertThat(CompilerThreads.nanosOnCpu()).isPositive();
  }

  @Test
  @DisplayName("are waited for no longer than allowed")
  void bounded() throws Exception {
    long start = System.nanoTime();
    CompilerThreads.awaitQuiet(Duration.ofMillis(200));
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
  }
}
