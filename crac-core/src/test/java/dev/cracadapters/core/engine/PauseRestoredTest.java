/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RestoreInfo;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a pause sees that its process was restored, and what it does then. */
@DisplayName("A pause for something outside, in a process that is restored")
class PauseRestoredTest extends ExternalPauseFixture {

  @ParameterizedTest
  @CsvSource({"4712, first boot, 8000", "4711, second boot, 8000", "4712, first boot, 10"})
  @DisplayName("ends by itself in a restored process, which the kernel's notes give away")
  void restored(String started, String boot, long millis) throws Exception {
    pauses();
    kernelSays(started, boot);
    wallClock.addAndGet(millis); // while the monotonic clock stood still
    RestoreInfo first = goesOn();
    assertThat(first).isNotNull();
    assertThat(first.instanceId()).hasSize(36);
    assertThat(first.environment()).isEqualTo(System.getenv());
    assertThat(first.arguments()).isEmpty();
  }

  @Test
  @DisplayName("sees a restore also where it was told to go on at once")
  void restoredAndTold() throws Exception {
    pauses();
    kernelSays("5000", "first boot");
    kill("CONT");
    assertThat(goesOn()).isNotNull();
  }

  @Test
  @DisplayName("waits in a restored process for the go file that is named, with its time anew")
  void restoredWaits() throws Exception {
    System.setProperty("crac.pause.go-file", go.toString());
    pauses();
    kernelSays("5000", "first boot");
    wallClock.addAndGet(8_000);
    assertThat(Deadline.after(Duration.ofMillis(150)).await(pause::isDone)).isFalse();
    goFile("PORT=8082");
    assertThat(goesOn().environment()).containsEntry("PORT", "8082");
  }

  @Test
  @DisplayName("brings a restored process back even if nobody says anything")
  void restoredAndNobody() throws Exception {
    System.setProperty("crac.pause.go-file", go.toString());
    System.setProperty("crac.pause.timeout", "300ms");
    pauses();
    kernelSays("5000", "first boot");
    assertThat(goesOn()).isNotNull();
  }
}
