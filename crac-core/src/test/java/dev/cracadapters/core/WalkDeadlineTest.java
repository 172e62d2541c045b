/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.crac.RestoreException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A walk with a resource that takes too long")
class WalkDeadlineTest {

  private final OwnCoordinator own = new OwnCoordinator();
  private final CountDownLatch never = new CountDownLatch(1);
  private final CountDownLatch interrupted = new CountDownLatch(1);

  @AfterEach
  void letThreadsEnd() {
    never.countDown();
  }

  private void waitForEver() throws InterruptedException {
    try {
      never.await();
    } catch (InterruptedException e) {
      interrupted.countDown();
      throw e;
    }
  }

  private void ignoreInterrupts() {
    while (never.getCount() > 0) {
      try {
        never.await();
      } catch (InterruptedException e) {
        interrupted.countDown();
      }
    }
  }

  private void limits(long walkMillis, long resourceMillis) {
    own.coordinator.configure(
        new CoordinatorSettings(
            "pause",
            null,
            AuditMode.LENIENT,
            Duration.ofMillis(walkMillis),
            Duration.ofMillis(resourceMillis)));
  }

  @Test
  @DisplayName("is refused with the resource, its limit, where its thread is, and the remedy")
  void message() {
    limits(20_000, 300);
    own.add("stuck pool", 1).onDown(this::waitForEver);

    List<Throwable> failures = own.refused();

    assertThat(failures).singleElement().isInstanceOf(RefusedException.class);
    assertThat(failures.get(0))
        .hasMessageStartingWith("stuck pool: it did not stop within 300 ms; its thread is")
        .hasMessageContaining("dev.cracadapters.core.WalkDeadlineTest.waitForEver(")
        .hasMessageContaining("Raise resource-timeout");
    assertThat(own.report().outcome()).isEqualTo(Outcome.REFUSED);
    assertThat(own.report().failures()).containsExactly(failures.get(0).getMessage());
  }

  @Test
  @DisplayName("interrupts it, calls the others, and brings all back")
  void others() {
    limits(20_000, 300);
    own.add("a", 3);
    own.add("stuck", 2).onDown(this::waitForEver);
    own.add("c", 1);

    own.refused();

    assertThat(interrupted.getCount()).isZero();
    assertThat(own.calls)
        .containsExactly("down a", "down stuck", "down c", "up c", "up stuck", "up a");
  }

  @Test
  @DisplayName(
      "leaves it behind when it ignores the interrupt, until it ends, and calls the others")
  void ignoresInterrupts() {
    limits(20_000, 300);
    AtomicReference<Thread> deaf = new AtomicReference<>();
    AtomicReference<Thread> next = new AtomicReference<>();
    own.add("a", 3);
    own.add("deaf", 2)
        .onDown(
            () -> {
              deaf.set(Thread.currentThread());
              ignoreInterrupts();
            });
    own.add("c", 1).onDown(() -> next.set(Thread.currentThread()));

    assertThat(own.refused()).hasSize(1);

    assertThat(deaf.get().isAlive()).as("it still hangs").isTrue();
    assertThat(deaf.get()).isNotSameAs(next.get());
    assertThat(own.calls)
        .containsExactly("down a", "down deaf", "down c", "up c", "up deaf", "up a");
    never.countDown();
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> !deaf.get().isAlive() && !next.get().isAlive());
    assertThat(own.calls)
        .as("brought back once more, for it may have stopped something again")
        .endsWith("up a", "up deaf");
  }

  @Test
  @DisplayName("does not carry the interrupt of one resource over to the next")
  void interruptStaysWithItsResource() {
    limits(20_000, 300);
    CountDownLatch next = new CountDownLatch(1);
    own.add("stuck", 2).onDown(this::waitForEver);
    own.add("c", 1)
        .onDown(
            () -> {
              assertThat(Thread.currentThread().isInterrupted()).isFalse();
              next.countDown();
            });

    assertThat(own.refused()).hasSize(1);
    assertThat(next.getCount()).isZero();
  }

  @Test
  @DisplayName("gives the walk up when its own time has passed, and brings all back")
  void wholeWalk() {
    limits(400, 30_000);
    own.add("a", 3);
    own.add("stuck", 2).onDown(this::waitForEver);
    own.add("c", 1);
    own.add("d", 0);

    List<Throwable> failures = own.refused();

    assertThat(failures).hasSize(2);
    assertThat(failures.get(0)).hasMessageStartingWith("stuck: it did not stop within ");
    assertThat(failures.get(1))
        .hasMessage("c: its turn did not come within the walk's 400 ms. raise walk-timeout");
    assertThat(own.calls)
        .containsExactly("down a", "down stuck", "up d", "up c", "up stuck", "up a");
    assertThat(own.report().resources().get(2).name()).isEqualTo("c");
    assertThat(own.report().resources().get(2).beforeMicros()).isEqualTo(-1);
    assertThat(own.report().resources().get(2).afterMicros()).isNotNegative();
  }

  @Test
  @DisplayName("gives everybody a try on the way up, however late it is")
  void wayUp() throws Exception {
    limits(300, 30_000);
    own.add("a", 2);
    // Longer than the walk's limit, and none of the others' business.
    own.add("slow", 1).onUp(() -> TimeUnit.MILLISECONDS.sleep(400));

    assertThat(own.checkpoint().outcome()).isEqualTo(Outcome.RESTORED);
    assertThat(own.calls).containsExactly("down a", "down slow", "up slow", "up a");
  }

  @Test
  @DisplayName("tells who did not come back in time, and brings the others back")
  void restoreTooLong() {
    limits(20_000, 300);
    own.add("a", 2);
    own.add("stuck", 1).onUp(this::waitForEver);

    Exception exception = catchThrowableOfType(RestoreException.class, own::checkpoint);

    assertThat(exception.getSuppressed()).hasSize(1);
    assertThat(exception.getSuppressed()[0])
        .hasMessageStartingWith("stuck: it did not come back within 300 ms; its thread is")
        .hasMessageContaining("WalkDeadlineTest.waitForEver(");
    assertThat(own.calls).containsExactly("down a", "down stuck", "up stuck", "up a");
  }

  @Test
  @DisplayName("takes a limit that is longer than time for no limit")
  void endless() throws Exception {
    own.coordinator.configure(
        new CoordinatorSettings(
            "pause",
            null,
            AuditMode.LENIENT,
            Duration.ofSeconds(Long.MAX_VALUE),
            Duration.ofSeconds(Long.MAX_VALUE)));
    own.add("a", 1);

    assertThat(own.checkpoint().outcome()).isEqualTo(Outcome.RESTORED);
  }
}
