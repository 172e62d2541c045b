/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.CheckpointReport.ResourceWalk;
import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import dev.cracadapters.core.TestResource.Side;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How the resources of one group are told, stopped, brought back and reported. */
@DisplayName("Resources that go side by side")
@Timeout(60)
class SideBySideTest {

  private final OwnCoordinator own = new OwnCoordinator();
  private final CountDownLatch never = new CountDownLatch(1);

  @AfterEach
  void letThreadsEnd() {
    never.countDown();
  }

  private static final class OtherSide extends Side {
    OtherSide(String name, int phase, List<String> calls) {
      super(name, phase, calls);
    }
  }

  private static void meet(CountDownLatch all) throws InterruptedException {
    all.countDown();
    if (!all.await(20, TimeUnit.SECONDS)) {
      throw new AssertionError(all.getCount() + " did not come");
    }
  }

  private void ignoreInterrupts() {
    while (never.getCount() > 0) {
      try {
        never.await();
      } catch (InterruptedException e) {
        // That is what it does.
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
  @DisplayName("are down and back at the same time, each on a thread of the walk's")
  void atTheSameTime() throws Exception {
    CountDownLatch down = new CountDownLatch(3);
    CountDownLatch up = new CountDownLatch(3);
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    for (String name : List.of("a", "b", "c")) {
      own.addSide(name, 1)
          .onDown(
              () -> {
                assertThat(WalkThreads.isCurrent()).isTrue();
                threads.add(Thread.currentThread());
                meet(down);
              })
          .onUp(
              () -> {
                assertThat(WalkThreads.isCurrent()).isTrue();
                meet(up);
              });
    }

    assertThat(own.checkpoint().outcome()).isEqualTo(Outcome.RESTORED);

    assertThat(threads).hasSize(3);
    await().atMost(Duration.ofSeconds(10)).until(() -> threads.stream().noneMatch(Thread::isAlive));
  }

  @Test
  @DisplayName("are all told of their group before the first of them is stopped")
  void told() throws Exception {
    own.addSide("a", 1);
    own.addSide("b", 1);

    own.checkpoint();
    own.checkpoint();

    assertThat(own.calls.subList(0, 2)).containsExactly("tell b [b, a]", "tell a [b, a]");
    assertThat(own.calls.subList(2, 4)).containsExactlyInAnyOrder("down b", "down a");
    assertThat(own.calls.subList(4, 6)).containsExactlyInAnyOrder("up b", "up a");
    assertThat(own.calls.subList(6, 8)).containsExactly("tell b [b, a]", "tell a [b, a]");
  }

  @Test
  @DisplayName("stand at the place of the first of their class and phase")
  void place() throws Exception {
    own.add("low", 1);
    own.addSide("a", 5);
    own.add("between", 5);
    own.coordinator.register(new OtherSide("other class", 5, own.calls));
    own.addSide("b", 5);
    own.add("first", 5);
    own.addSide("other phase", 7);

    CheckpointReport report = own.checkpoint();

    List<String> rest =
        own.calls.stream()
            .filter(call -> !call.startsWith("tell") && !call.matches("\\w+ [ab]"))
            .toList();
    assertThat(rest)
        .containsExactly(
            "down other phase",
            "down first",
            "down other class",
            "down between",
            "down low",
            "up low",
            "up between",
            "up other class",
            "up first",
            "up other phase");
    int down = own.calls.indexOf("down first");
    assertThat(own.calls.subList(down + 1, down + 5))
        .containsExactlyInAnyOrder("tell b [b, a]", "tell a [b, a]", "down b", "down a");
    int up = own.calls.indexOf("up first");
    assertThat(own.calls.subList(up - 2, up)).containsExactlyInAnyOrder("up b", "up a");
    assertThat(report.resources())
        .extracting(ResourceWalk::name)
        .containsExactly("other phase", "first", "b", "a", "other class", "between", "low");
  }

  /** Waits for the end of a call that noted its thread at last: the thread waits for the next. */
  private static void awaitNextCall(AtomicReference<Thread> thread) {
    await()
        .atMost(Duration.ofSeconds(15))
        .until(() -> thread.get() != null && thread.get().getState() == Thread.State.WAITING);
  }

  @Test
  @DisplayName("have each their own time in the report")
  void times() throws Exception {
    AtomicReference<Thread> quick = new AtomicReference<>();
    long began = System.nanoTime();
    own.addSide("slow", 1)
        .onDown(
            () -> {
              awaitNextCall(quick);
              // All that quick can have taken, on however slow a machine, and 60 ms more.
              Duration longer = Duration.ofNanos(System.nanoTime() - began).plusMillis(60);
              Deadline.after(longer).await(() -> false);
            });
    own.addSide("quick", 1).onDown(() -> quick.set(Thread.currentThread()));

    List<ResourceWalk> walked = own.checkpoint().resources();

    assertThat(walked.get(0).name()).isEqualTo("quick");
    assertThat(walked.get(1).beforeMicros()).isGreaterThanOrEqualTo(60_000);
    assertThat(walked.get(0).beforeMicros())
        .isNotNegative()
        .isLessThan(walked.get(1).beforeMicros());
  }

  @Test
  @DisplayName("fail each by itself, and all the others are still called")
  void failures() {
    own.addSide("a", 2)
        .onDown(
            () -> {
              throw new IllegalStateException("a is broken");
            });
    own.addSide("b", 2);
    own.addSide("c", 2)
        .onDown(
            () -> {
              throw new IllegalStateException("c is broken");
            });
    own.add("later", 1);

    List<Throwable> failures = own.refused();

    assertThat(failures)
        .extracting(Throwable::getMessage)
        .containsExactly("c is broken", "a is broken");
    assertThat(own.calls)
        .contains("down a", "down b", "down c", "down later")
        .contains("up a", "up b", "up c", "up later");
  }

  @Test
  @DisplayName("are not stopped where they refuse to go with their group, and are brought back")
  void refusesItsGroup() {
    own.addSide("a", 1);
    own.addSide("b", 1)
        .onTold(
            () -> {
              throw new IllegalStateException("not with these");
            });

    assertThat(own.refused()).extracting(Throwable::getMessage).containsExactly("not with these");
    assertThat(own.calls)
        .contains("tell a [b, a]", "down a", "up a", "up b")
        .doesNotContain("down b");
  }

  @Test
  @DisplayName("are left behind alone when they are late, and brought back when they end")
  void late() {
    limits(20_000, 300);
    AtomicReference<Thread> deaf = new AtomicReference<>();
    own.addSide("a", 2);
    own.addSide("deaf", 2)
        .onDown(
            () -> {
              deaf.set(Thread.currentThread());
              ignoreInterrupts();
            });
    own.addSide("stuck", 2).onDown(never::await);
    own.add("later", 1);

    List<Throwable> failures = own.refused();

    assertThat(failures).hasSize(2).allMatch(RefusedException.class::isInstance);
    assertThat(failures.get(0)).hasMessageStartingWith("stuck: it did not stop within 300 ms;");
    assertThat(failures.get(1))
        .hasMessageStartingWith("deaf: it did not stop within 300 ms;")
        .hasMessageContaining("SideBySideTest.ignoreInterrupts(");
    assertThat(own.calls).contains("down a", "down later").containsOnlyOnce("up deaf");
    assertThat(deaf.get().isAlive()).isTrue();
    own.report().resources().stream()
        .filter(walked -> walked.name().equals("deaf") || walked.name().equals("stuck"))
        .forEach(walked -> assertThat(walked.beforeMicros()).isBetween(300_000L, 20_000_000L));

    never.countDown();

    await().atMost(Duration.ofSeconds(10)).until(() -> !deaf.get().isAlive());
    assertThat(own.calls.stream().filter("up deaf"::equals)).hasSize(2);
    assertThat(own.calls).containsOnlyOnce("up stuck").containsOnlyOnce("up a");
  }

  @Test
  @DisplayName("are all bounded by the walk's time")
  void wholeWalk() {
    limits(3_000, 30_000);
    own.addSide("a", 2).onDown(never::await);
    own.addSide("b", 2).onDown(never::await);
    own.add("later", 1);

    List<Throwable> failures = own.refused();

    assertThat(failures).hasSize(3);
    assertThat(failures.get(0)).hasMessageStartingWith("b: it did not stop within ");
    assertThat(failures.get(1)).hasMessageStartingWith("a: it did not stop within ");
    assertThat(failures.get(2)).hasMessageStartingWith("later: its turn did not come within ");
    assertThat(own.calls).contains("up a", "up b", "up later").doesNotContain("down later");
  }

  @Test
  @DisplayName("are all ended by an interrupt of the thread that takes the checkpoint")
  void interrupt() throws Exception {
    CountDownLatch inside = new CountDownLatch(2);
    CountDownLatch interrupted = new CountDownLatch(2);
    for (String name : List.of("a", "b")) {
      own.addSide(name, 2)
          .onDown(
              () -> {
                inside.countDown();
                try {
                  never.await();
                } finally {
                  interrupted.countDown();
                }
              });
    }
    own.add("later", 1);
    FutureTask<List<Throwable>> checkpoint = new FutureTask<>(own::refused);
    Thread thread = new Thread(checkpoint);
    thread.start();
    assertThat(inside.await(20, TimeUnit.SECONDS)).isTrue();

    thread.interrupt();

    assertThat(checkpoint.get(10, TimeUnit.SECONDS))
        .extracting(Throwable::getMessage)
        .containsExactly(
            "b: the thread that takes the checkpoint was interrupted. ask for it again",
            "a: the thread that takes the checkpoint was interrupted. ask for it again");
    assertThat(interrupted.getCount()).isZero();
    assertThat(own.calls).contains("up a", "up b", "up later").doesNotContain("down later");
  }

  @Test
  @DisplayName("are called one after the other where one is registered twice")
  void registeredTwice() throws Exception {
    Side twice = own.addSide("twice", 1);
    own.coordinator.register(twice);

    own.checkpoint();

    assertThat(own.calls)
        .containsExactly(
            "tell twice [twice]",
            "down twice",
            "tell twice [twice]",
            "down twice",
            "up twice",
            "up twice");
  }

  @Test
  @DisplayName("share one object in a walk, and another one in the next")
  void shared() throws Exception {
    Side a = own.addSide("a", 1);
    Side b = own.addSide("b", 1);

    own.checkpoint();
    StringBuilder first = a.group().shared(StringBuilder.class, StringBuilder::new);
    assertThat(b.group().shared(StringBuilder.class, StringBuilder::new)).isSameAs(first);

    own.checkpoint();
    assertThat(b.group().shared(StringBuilder.class, StringBuilder::new)).isNotSameAs(first);
  }
}
