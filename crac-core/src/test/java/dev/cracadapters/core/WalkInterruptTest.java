/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.engine.ScriptedEngine;
import dev.cracadapters.core.engine.Snapshot;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.crac.CheckpointException;
import org.crac.RestoreException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Interrupting the thread that takes a checkpoint")
class WalkInterruptTest {

  private final OwnCoordinator own = new OwnCoordinator();
  private final Thread caller = Thread.currentThread();

  @AfterEach
  void leaveNoInterrupt() {
    Thread.interrupted();
  }

  private void isRefusedAsInterrupted(List<Throwable> failures, String who) {
    assertThat(Thread.currentThread().isInterrupted()).as("the flag is kept").isTrue();
    assertThat(failures)
        .singleElement()
        .isInstanceOf(RefusedException.class)
        .extracting(Throwable::getMessage)
        .asString()
        .startsWith(who + ": the thread that takes ")
        .endsWith(" was interrupted. ask for it again");
  }

  @Test
  @DisplayName("on the way down stops no further resource and brings all back")
  void wayDown() {
    CountDownLatch down = new CountDownLatch(1);
    own.add("a", 3);
    own.add("b", 2)
        .onDown(
            () -> {
              caller.interrupt();
              down.await(10, TimeUnit.SECONDS);
            });
    own.add("c", 1);

    isRefusedAsInterrupted(own.refused(), "b");
    assertThat(own.calls).containsExactly("down a", "down b", "up c", "up b", "up a");
    assertThat(own.report().outcome()).isEqualTo(Outcome.REFUSED);
  }

  @Test
  @DisplayName("before it has begun refuses it, stops nothing and brings all back")
  void beforehand() {
    own.add("a", 2);
    own.add("b", 1);
    Thread.currentThread().interrupt();

    isRefusedAsInterrupted(own.refused(), "checkpoint");
    assertThat(own.calls).containsExactly("up b", "up a");
  }

  @Test
  @DisplayName("that the last call of a step lets pass stops no further step")
  void betweenSteps() {
    own.add("a", 2).onDown(caller::interrupt);
    own.add("b", 1);

    List<Throwable> failures = own.refused();

    assertThat(failures).singleElement().asString().contains("was interrupted");
    assertThat(own.calls).containsExactly("down a", "up b", "up a");
  }

  @Test
  @DisplayName("beforehand refuses it also where nothing is registered")
  void nothingRegistered() {
    Thread.currentThread().interrupt();

    List<Throwable> failures = own.refused();

    isRefusedAsInterrupted(failures, "checkpoint");
  }

  @Test
  @DisplayName("while the engine works refuses it and brings all back")
  void duringTheSnapshot() {
    own.coordinator.configure(OwnCoordinator.settings(ScriptedEngine.NAME, Duration.ofSeconds(20)));
    ScriptedEngine.does(
        request -> {
          Thread.currentThread().interrupt();
          new CountDownLatch(1).await();
          return new Snapshot(null, null);
        });
    own.add("a", 1);

    isRefusedAsInterrupted(own.refused(), "checkpoint");
    assertThat(own.calls).containsExactly("down a", "up a");
  }

  @Test
  @DisplayName("on the way up lets every resource come back first")
  void wayUp() throws Exception {
    AtomicBoolean back = new AtomicBoolean();
    own.add("a", 2).onUp(() -> back.set(true));
    own.add("b", 1)
        .onUp(
            () -> {
              caller.interrupt();
              // Gives the interrupt time to do its harm, if it does any.
              TimeUnit.MILLISECONDS.sleep(50);
            });

    CheckpointReport report = own.checkpoint();

    assertThat(report.outcome()).isEqualTo(Outcome.RESTORED);
    assertThat(back).isTrue();
    assertThat(Thread.currentThread().isInterrupted()).isTrue();
  }

  @Test
  @DisplayName("on the way down brings others' resources back on a thread without the interrupt")
  void resourcesOfOthers() {
    AtomicReference<Boolean> interrupted = new AtomicReference<>();
    own.add("a", 1).onDown(caller::interrupt);
    own.add("b", 0);
    TestResource others =
        new TestResource("others", 0, own.calls)
            .onUp(() -> interrupted.set(Thread.currentThread().isInterrupted()));

    try {
      own.coordinator.checkpointOnStockJdk(List.of(own.coordinator.asOneResource, others));
    } catch (CheckpointException | RestoreException e) {
      assertThat(e).isInstanceOf(CheckpointException.class);
    }

    assertThat(interrupted).hasValue(false);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(own.calls).containsExactly("down others", "down a", "up b", "up a", "up others");
  }

  @Test
  @DisplayName("ends a wait for a resource at once")
  void endsTheWait() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    own.add("stuck", 1).onDown(never::await);
    AtomicBoolean kept = new AtomicBoolean();
    Thread thread =
        new Thread(
            () -> {
              own.refused();
              kept.set(Thread.currentThread().isInterrupted());
            });
    thread.start();
    await().atMost(Duration.ofSeconds(10)).until(() -> own.calls.contains("down stuck"));

    thread.interrupt();
    thread.join(10_000);

    assertThat(thread.isAlive()).isFalse();
    assertThat(kept).isTrue();
    assertThat(own.calls).containsExactly("down stuck", "up stuck");
  }
}
