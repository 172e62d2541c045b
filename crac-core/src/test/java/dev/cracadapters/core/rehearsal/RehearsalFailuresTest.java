/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.CoordinatorSettings;
import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.engine.ScriptedEngine;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A checkpoint whose rehearsal fails")
class RehearsalFailuresTest extends RehearsalFixture {

  @Test
  @DisplayName(
      "is refused where its second rehearsal fails on the way down, and stops nothing more")
  void failureOnTheWayDown() {
    rehearse("3");
    IOException failure = new IOException("broken");
    new Part("low", 1);
    new Part("high", 2)
        .onDown(
            2,
            () -> {
              throw failure;
            });

    assertThat(refused()).containsExactly(failure);

    assertThat(calls)
        .doesNotContain("snapshot")
        .endsWith("down high", "down low", "up low", "up high", "engine: backUp");
    assertThat(calls.stream().filter("down high"::equals)).hasSize(2);
    CheckpointReport report = global.lastReport().orElseThrow();
    assertThat(report.outcome()).isEqualTo(Outcome.REFUSED);
    assertThat(report.rehearsals()).hasSize(1);
    assertThat(report.failures()).containsExactly("java.io.IOException: broken");
    assertThat(lines())
        .hasSize(2)
        .last()
        .isEqualTo("WARN Checkpoint refused; the application goes on. java.io.IOException: broken");
  }

  @Test
  @DisplayName("is refused where something does not come up from a rehearsal")
  void failureOnTheWayUp() {
    rehearse("3");
    Error failure = new NoClassDefFoundError("com/example/Gone");
    new Part("a", 1)
        .onUp(
            1,
            () -> {
              throw failure;
            });

    assertThat(refused()).containsExactly(failure);

    // It is called once more at once, as in every walk.
    assertThat(calls)
        .containsExactly(
            "engine: unavailable",
            "down a",
            "audit a",
            "engine: rehearse",
            "up a",
            "up a",
            "engine: backUp");
    assertThat(global.lastReport().orElseThrow().rehearsals()).isEmpty();
    assertThat(global.isUnderWay()).isFalse();
  }

  @Test
  @DisplayName(
      "is refused in its first rehearsal for a descriptor, and closes none by a policy yet")
  void descriptor(@TempDir Path folder) throws Exception {
    rehearse("3");
    new Part("a", 1);
    try (OutputStream open = Files.newOutputStream(folder.resolve("log"))) {
      open.write(1);
      assertThat(refused())
          .singleElement()
          .isInstanceOf(RefusedException.class)
          .asString()
          .contains("log");
    }
    assertThat(calls)
        .containsExactly("engine: unavailable", "down a", "audit a", "up a", "engine: backUp");

    calls.clear();
    Path file = folder.resolve("closed");
    Path policies =
        Files.writeString(
            folder.resolve("policies"), "type: file\npath: " + file + "\naction: close\n");
    System.setProperty("crac.resource-policies", policies.toString());
    rehearse("1");
    List<Boolean> written = new ArrayList<>();
    try (OutputStream open = Files.newOutputStream(file)) {
      new Part("writes", 2)
          .onUp(
              0,
              () -> {
                try {
                  open.write(1);
                  written.add(true);
                } catch (IOException e) {
                  written.add(false);
                }
              });
      global.checkpoint();
    } finally {
      System.clearProperty("crac.resource-policies");
    }
    assertThat(written).containsExactly(true, false);
    assertThat(lines()).filteredOn(line -> line.contains("was not closed")).hasSize(1);
  }

  @Test
  @DisplayName("is refused by an interrupt in a rehearsal, which its thread still has afterwards")
  void interrupt() {
    rehearse("3");
    Thread taking = Thread.currentThread();
    new Part("a", 1).onUp(1, taking::interrupt);

    List<Throwable> failures = refused();

    assertThat(Thread.interrupted()).isTrue();
    assertThat(failures)
        .singleElement()
        .asString()
        .contains("the thread that takes it was interrupted");
    assertThat(calls)
        .containsExactly(
            "engine: unavailable",
            "down a",
            "audit a",
            "engine: rehearse",
            "up a",
            "engine: backUp");
  }

  @Test
  @DisplayName("is refused where a rehearsal passes a deadline")
  void deadline() {
    global.configure(
        new CoordinatorSettings(
            ScriptedEngine.NAME, null, AuditMode.LENIENT, LIMIT, Duration.ofMillis(500), "1"));
    new Part("a", 1).onDown(1, () -> new CountDownLatch(1).await());

    assertThat(refused())
        .singleElement()
        .asString()
        .contains("a: it did not stop within 500 ms", "Raise resource-timeout");
    assertThat(calls).containsExactly("engine: unavailable", "down a", "up a", "engine: backUp");
  }
}
