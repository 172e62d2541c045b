/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.cracadapters.core.CheckpointReport.Rehearsal;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("How often a checkpoint is rehearsed")
class RehearsalsTest {

  private long millis;

  /** How many there are whose walks up take so long; the last number for all that follow. */
  private int count(String setting, boolean byAuto, long downMillis, long... upMillis) {
    Rehearsals rehearsals =
        new Rehearsals(setting, byAuto, () -> TimeUnit.MILLISECONDS.toNanos(millis));
    int count = 0;
    while (rehearsals.needAnother()) {
      long up = upMillis[Math.min(count, upMillis.length - 1)];
      millis += downMillis + up;
      rehearsals.add(new Rehearsal(downMillis, up));
      count++;
    }
    assertThat(rehearsals.all()).hasSize(count);
    return count;
  }

  @Test
  @DisplayName("by auto: until the walk up gets no faster, by a tenth")
  void untilNoFaster() {
    assertThat(count("auto", true, 100, 101, 26, 39)).isEqualTo(3);
    assertThat(count("auto", true, 100, 101, 26, 24)).isEqualTo(3);
    assertThat(count("auto", true, 100, 101, 90, 70, 64)).isEqualTo(4);
    assertThat(count("auto", true, 100, 50, 60)).isEqualTo(2);
  }

  @Test
  @DisplayName("by auto: once where there is nothing to gain, and by a millisecond at least")
  void nothingToGain() {
    assertThat(count("auto", true, 0, 0)).isEqualTo(1);
    assertThat(count("auto", true, 0, 1)).isEqualTo(1);
    assertThat(count("auto", true, 0, 3, 3)).isEqualTo(2);
    assertThat(count("auto", true, 0, 3, 2, 2)).isEqualTo(3);
  }

  @Test
  @DisplayName("by auto: five times at most")
  void most() {
    assertThat(count("auto", true, 10, 1000, 500, 250, 125, 60, 30, 15)).isEqualTo(5);
  }

  @Test
  @DisplayName("by auto: in twenty seconds, but for the first one")
  void time() {
    assertThat(count("auto", true, 30_000, 1000, 500)).isEqualTo(1);
    assertThat(count("auto", true, 8_000, 900, 500, 250)).isEqualTo(2);
  }

  @Test
  @DisplayName("by auto: never where callers wait for this process")
  void notByAuto() {
    assertThat(count("auto", false, 1, 100, 50)).isZero();
  }

  @ParameterizedTest
  @CsvSource({"off, 0", "OFF, 0", "false, 0", "0, 0", "1, 1", " 7 , 7"})
  @DisplayName("by a number: so often, whatever it takes and whoever waits")
  void number(String setting, int times) {
    assertThat(count(setting, true, 20_000, 100)).isEqualTo(times);
    assertThat(count(setting, false, 20_000, 100)).isEqualTo(times);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "often", "", "1.5", "99999999999"})
  @DisplayName("is said by nothing else")
  void unreadable(String setting) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Rehearsals.check(setting))
        .withMessage(
            "rehearse is \"%s\", which is not auto, off or a number of rehearsals", setting);
  }
}
