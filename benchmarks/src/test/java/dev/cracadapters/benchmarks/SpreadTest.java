/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The spread")
class SpreadTest {

  @Test
  @DisplayName("has the median, the quartiles and both ends, in whatever order it was measured")
  void spread() {
    Spread spread = Spread.of(List.of(9.0, 1.0, 4.0, 7.0, 2.0));
    assertThat(spread).isEqualTo(new Spread(4, 2, 7, 1, 9));
    assertThat(spread.milliseconds()).isEqualTo("4.0 (2.0–7.0)");
    assertThat(spread.ratio()).isEqualTo("4.000 (2.000–7.000)");
  }

  @Test
  @DisplayName("lies between two of an even number")
  void even() {
    assertThat(Spread.of(List.of(10.0, 20.0))).isEqualTo(new Spread(15, 12.5, 17.5, 10, 20));
  }

  @Test
  @DisplayName("of one is that one")
  void one() {
    assertThat(Spread.of(List.of(3.0))).isEqualTo(new Spread(3, 3, 3, 3, 3));
  }
}
