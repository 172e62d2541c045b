/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A deadline")
class DeadlineTest {

  @AfterEach
  void leaveNoInterrupt() {
    Thread.interrupted();
  }

  @Test
  @DisplayName("lies ahead and comes nearer")
  void ahead() {
    Deadline deadline = Deadline.after(Duration.ofSeconds(60));

    assertThat(deadline.hasPassed()).isFalse();
    long first = deadline.remainingNanos();
    assertThat(first).isBetween(1L, 60_000_000_000L);
    assertThat(deadline.remainingMillis()).isBetween(1L, 60_000L);
    assertThat(deadline.remainingNanos()).isLessThanOrEqualTo(first);
  }

  @Test
  @DisplayName("has passed when its time was zero or negative, and nothing is left")
  void passed() {
    for (Duration duration :
        new Duration[] {
          Duration.ZERO, Duration.ofSeconds(-1), Duration.ofSeconds(Long.MIN_VALUE)
        }) {
      Deadline deadline = Deadline.after(duration);
      assertThat(deadline.hasPassed()).isTrue();
      assertThat(deadline.remainingNanos()).isZero();
      assertThat(deadline.remainingMillis()).isZero();
    }
  }

  @Test
  @DisplayName("may be farther ahead than nanoseconds can count")
  void forEver() {
    Deadline deadline = Deadline.after(Duration.ofSeconds(Long.MAX_VALUE));

    assertThat(deadline.hasPassed()).isFalse();
    assertThat(deadline.remainingNanos()).isGreaterThan(Duration.ofDays(100_000).toNanos());
  }

  @Test
  @DisplayName("rounds milliseconds up: who waits them has waited long enough")
  void roundsUp() {
    Deadline deadline = Deadline.after(Duration.ofSeconds(60));

    long millis = deadline.remainingMillis();

    assertThat(millis * 1_000_000).isGreaterThanOrEqualTo(deadline.remainingNanos());
  }

  @Test
  @DisplayName("waits until the condition holds")
  void await() throws Exception {
    AtomicInteger asked = new AtomicInteger();

    boolean held = Deadline.after(Duration.ofSeconds(60)).await(() -> asked.incrementAndGet() == 5);

    assertThat(held).isTrue();
    assertThat(asked).hasValue(5);
  }

  @Test
  @DisplayName("ends a wait for what does not happen, and not before its time")
  void awaitInVain() throws Exception {
    long start = System.nanoTime();

    boolean held = Deadline.after(Duration.ofMillis(50)).await(() -> false);

    assertThat(held).isFalse();
    assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(50_000_000);
  }

  @Test
  @DisplayName("asks once more when it has passed")
  void asksAtTheEnd() throws Exception {
    AtomicInteger asked = new AtomicInteger();

    boolean held = Deadline.after(Duration.ZERO).await(() -> asked.incrementAndGet() == 2);

    assertThat(held).as("the second answer").isTrue();
    assertThat(asked).hasValue(2);
  }

  @Test
  @DisplayName("asks so seldom that the wait costs next to nothing")
  void asksSeldom() throws Exception {
    AtomicInteger asked = new AtomicInteger();

    Deadline.after(Duration.ofMillis(200))
        .await(
            () -> {
              asked.incrementAndGet();
              return false;
            });

    assertThat(asked.get()).isBetween(2, 80);
  }

  @Test
  @DisplayName("ends a wait when the thread is interrupted")
  void interrupted() throws Exception {
    AtomicBoolean waits = new AtomicBoolean();
    FutureTask<Boolean> task =
        new FutureTask<>(
            () ->
                Deadline.after(Duration.ofSeconds(60))
                    .await(
                        () -> {
                          waits.set(true);
                          return false;
                        }));
    Thread thread = new Thread(task);
    thread.start();
    assertThat(Deadline.after(Duration.ofSeconds(20)).await(waits::get)).isTrue();

    thread.interrupt();

    assertThatThrownBy(() -> task.get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(InterruptedException.class);
  }

  @Test
  @DisplayName("does not begin to wait on a thread that was interrupted before")
  void interruptedBefore() {
    Thread.currentThread().interrupt();

    assertThatThrownBy(() -> Deadline.after(Duration.ofSeconds(60)).await(() -> false))
        .isInstanceOf(InterruptedException.class);
  }
}
