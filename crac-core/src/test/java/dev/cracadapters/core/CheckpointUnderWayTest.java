/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import dev.cracadapters.core.engine.CheckpointRequest;
import dev.cracadapters.core.engine.ScriptedEngine;
import dev.cracadapters.core.engine.Snapshot;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("While a checkpoint is under way")
class CheckpointUnderWayTest {

  private final OwnCoordinator own = new OwnCoordinator();

  @Test
  @DisplayName("a second one is refused, and the first goes on")
  void second() throws Exception {
    CountDownLatch down = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    own.add("a", 1)
        .onDown(
            () -> {
              down.countDown();
              assertThat(goOn.await(20, TimeUnit.SECONDS)).isTrue();
            });
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try {
      Future<CheckpointReport> first = executor.submit(own::checkpoint);
      assertThat(down.await(20, TimeUnit.SECONDS)).isTrue();

      RefusedException refusal = catchThrowableOfType(RefusedException.class, own::checkpoint);
      assertThat(refusal)
          .hasMessage("checkpoint: another one is under way. wait until its report is there");
      assertThat(own.coordinator.lastReport()).isEmpty();
      goOn.countDown();

      assertThat(first.get(20, TimeUnit.SECONDS).outcome()).isEqualTo(Outcome.RESTORED);
      assertThat(own.calls).containsExactly("down a", "up a");
    } finally {
      goOn.countDown();
      executor.shutdownNow();
    }
  }

  @Test
  @DisplayName("isUnderWay says so, from the way down to the end of the way up")
  void isUnderWay() throws Exception {
    List<Boolean> seen = new ArrayList<>();
    own.coordinator.configure(OwnCoordinator.settings(ScriptedEngine.NAME, Duration.ofSeconds(20)));
    ScriptedEngine.does(
        request -> {
          seen.add(own.coordinator.isUnderWay());
          return new Snapshot(null, null);
        });
    own.add("a", 1)
        .onDown(() -> seen.add(own.coordinator.isUnderWay()))
        .onUp(() -> seen.add(own.coordinator.isUnderWay()));
    assertThat(own.coordinator.isUnderWay()).isFalse();

    own.checkpoint();

    assertThat(seen).containsExactly(true, true, true);
    assertThat(own.coordinator.isUnderWay()).isFalse();
  }

  @Test
  @DisplayName("isUnderWay ends also when it is refused")
  void isUnderWayEnds() {
    own.add("a", 1)
        .onDown(
            () -> {
              throw new IOException("broken");
            });

    own.refused();

    assertThat(own.coordinator.isUnderWay()).isFalse();
  }

  @Test
  @DisplayName("new settings wait for the next one")
  void configure(@TempDir Path folder) throws Exception {
    Path data = Files.writeString(folder.resolve("data"), "x");
    AtomicReference<CheckpointRequest> asked = new AtomicReference<>();
    ScriptedEngine.does(
        request -> {
          asked.set(request);
          return new Snapshot(null, null);
        });
    CoordinatorSettings lenient =
        new CoordinatorSettings(
            ScriptedEngine.NAME,
            folder.resolve("first"),
            AuditMode.LENIENT,
            Duration.ofSeconds(20),
            Duration.ofSeconds(20));
    CoordinatorSettings strict =
        new CoordinatorSettings(
            ScriptedEngine.NAME,
            folder.resolve("second"),
            AuditMode.STRICT,
            Duration.ofSeconds(20),
            Duration.ofSeconds(20));
    own.coordinator.configure(lenient);
    own.add("a", 1).onDown(() -> own.coordinator.configure(strict));

    try (InputStream open = Files.newInputStream(data)) {
      assertThat(open.read()).isEqualTo('x');
      own.checkpoint();
      assertThat(asked.get().image()).isEqualTo(folder.resolve("first"));

      assertThat(own.refused())
          .anySatisfy(refusal -> assertThat(refusal).hasMessageContaining(data.toString()));
    }
  }

  @Test
  @DisplayName("the engine is told the resources that were stopped, and no others")
  void stoppedResources() throws Exception {
    AtomicReference<CheckpointRequest> asked = new AtomicReference<>();
    own.coordinator.configure(OwnCoordinator.settings(ScriptedEngine.NAME, Duration.ofSeconds(20)));
    ScriptedEngine.does(
        request -> {
          asked.set(request);
          return new Snapshot(null, null);
        });
    own.add("a", 1);
    own.add("b", 2).onDown(() -> own.add("late", 3));

    own.checkpoint();

    assertThat(asked.get().resources()).containsExactly("b", "a");
  }
}
