/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.MemoryUsage;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("The reason for free memory that is kept")
class CollectorTest {

  private static final long MEGABYTE = 1 << 20;

  @ParameterizedTest
  @CsvSource({
    "G1, 300, 300, smaller than -Xms",
    "G1, 8, 300, not given back in time",
    "SHENANDOAH, 8, 300, not given back in time",
    "SERIAL, 8, 300, where it began",
  })
  @DisplayName("is -Xms only where the heap is no larger than that")
  void reason(Collector collector, long minimum, long committed, String reason) {
    MemoryUsage heap = new MemoryUsage(0, 10 * MEGABYTE, committed * MEGABYTE, -1);
    assertThat(
            collector.advice(
                heap,
                flag ->
                    flag.equals("MinHeapSize")
                        ? Optional.of(Long.toString(minimum * MEGABYTE))
                        : Optional.empty()))
        .contains(reason);
  }
}
