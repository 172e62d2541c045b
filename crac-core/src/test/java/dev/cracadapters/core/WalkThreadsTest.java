/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The threads of a checkpoint")
@Timeout(30)
class WalkThreadsTest {

  private final OwnCoordinator own = new OwnCoordinator();

  @AfterEach
  void goOnAtOnce() {
    System.clearProperty("crac.pause.file");
  }

  @Test
  @DisplayName("are the one that takes it and the one that calls the resources, until all are back")
  void known() throws Exception {
    List<Boolean> seen = new CopyOnWriteArrayList<>();
    own.add("pool", Phase.CLIENTS)
        .onDown(() -> seen.add(WalkThreads.isCurrent()))
        .onUp(() -> seen.add(WalkThreads.isCurrent()));
    assertThat(WalkThreads.isCurrent()).isFalse();
    TestResource others =
        new TestResource("others", 0, own.calls)
            .onDown(() -> seen.add(WalkThreads.isCurrent()))
            .onUp(() -> seen.add(WalkThreads.isCurrent()));
    own.coordinator.checkpointOnStockJdk(List.of(own.coordinator.asOneResource, others));
    assertThat(seen).containsExactly(true, true, true, true);
    assertThat(WalkThreads.isCurrent()).isFalse();
  }

  @Test
  @DisplayName("are paused while the pause engine waits for the outside, and at no other time")
  void paused(@TempDir Path folder) throws Exception {
    Path pause = folder.resolve("pause");
    System.setProperty("crac.pause.file", pause.toString());
    List<Boolean> seen = new CopyOnWriteArrayList<>();
    own.add("pool", Phase.CLIENTS)
        .onDown(() -> seen.add(WalkThreads.arePaused()))
        .onUp(() -> seen.add(WalkThreads.arePaused()));
    FutureTask<CheckpointReport> checkpoint = new FutureTask<>(own::checkpoint);
    new Thread(checkpoint).start();
    await().until(() -> Files.exists(pause) && WalkThreads.arePaused());
    assertThat(WalkThreads.isCurrent()).isFalse();
    Files.delete(pause);
    checkpoint.get(20, TimeUnit.SECONDS);
    assertThat(seen).containsExactly(false, false);
    assertThat(WalkThreads.arePaused()).isFalse();
  }
}
