/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.CheckpointReport.ResourceWalk;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.crac.Context;
import org.crac.Resource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A walk")
class WalkOrderTest {

  private final OwnCoordinator own = new OwnCoordinator();

  @Test
  @DisplayName("stops high phases first, in a phase the last registered, and comes back in reverse")
  void order() throws Exception {
    own.add("pool", Phase.CLIENTS);
    own.add("http", Phase.TRAFFIC);
    own.add("clock", Phase.JDK);
    own.add("https", Phase.TRAFFIC);
    own.add("file", Phase.LOGGING);
    own.add("queue", Phase.WORK);
    own.add("lowest", Integer.MIN_VALUE);
    own.add("highest", Integer.MAX_VALUE);
    own.add("zero", 0);

    own.checkpoint();

    List<String> down =
        List.of("highest", "https", "http", "queue", "zero", "pool", "file", "clock", "lowest");
    List<String> expected = new ArrayList<>();
    down.forEach(name -> expected.add("down " + name));
    for (int i = down.size() - 1; i >= 0; i--) {
      expected.add("up " + down.get(i));
    }
    assertThat(own.calls).containsExactlyElementsOf(expected);
  }

  @Test
  @DisplayName("goes over the same resources at every checkpoint")
  void everyCheckpoint() throws Exception {
    own.add("a", 1);

    own.checkpoint();
    own.checkpoint();

    assertThat(own.calls).containsExactly("down a", "up a", "down a", "up a");
  }

  @Test
  @DisplayName("keeps to the phase that a resource had when it was registered")
  void phaseIsReadOnce() throws Exception {
    AtomicInteger phase = new AtomicInteger(10);
    own.coordinator.register(
        new TestResource("moving", 0, own.calls) {
          @Override
          public int phase() {
            return phase.get();
          }
        });
    own.add("fixed", 5);
    phase.set(1);

    CheckpointReport report = own.checkpoint();

    assertThat(own.calls).containsExactly("down moving", "down fixed", "up fixed", "up moving");
    assertThat(report.resources().get(0).phase()).isEqualTo("10");
  }

  @Test
  @DisplayName("leaves a resource out whose registration was closed")
  void unregistered() throws Exception {
    own.add("stays", 1);
    Registration registration = own.coordinator.register(new TestResource("goes", 1, own.calls));
    registration.close();

    CheckpointReport report = own.checkpoint();

    assertThat(own.calls).containsExactly("down stays", "up stays");
    assertThat(report.resources()).extracting(ResourceWalk::name).containsExactly("stays");
  }

  @Test
  @DisplayName("still calls a resource whose other registration was closed, even twice")
  void registeredTwice() throws Exception {
    TestResource resource = new TestResource("twice", 1, own.calls);
    Registration first = own.coordinator.register(resource);
    own.coordinator.register(resource);
    first.close();
    first.close();

    own.checkpoint();

    assertThat(own.calls).containsExactly("down twice", "up twice");
  }

  @Test
  @DisplayName("tells resources apart that are equal")
  void equalResources() throws Exception {
    record Equal(String name, int phase, List<String> calls) implements PhasedResource {
      @Override
      public void beforeCheckpoint(Context<? extends Resource> context) {
        calls.add("down");
      }

      @Override
      public void afterRestore(Context<? extends Resource> context) {
        calls.add("up");
      }

      @Override
      public boolean equals(Object other) {
        return other instanceof Equal;
      }

      @Override
      public int hashCode() {
        return 1;
      }
    }
    own.coordinator.register(new Equal("first", 1, own.calls));
    Registration second = own.coordinator.register(new Equal("second", 1, own.calls));
    second.close();

    CheckpointReport report = own.checkpoint();

    assertThat(report.resources()).extracting(ResourceWalk::name).containsExactly("first");
  }

  @Test
  @DisplayName("does not call a resource that was registered while it was under way")
  void registeredMeanwhile() throws Exception {
    TestResource late = new TestResource("late", 0, own.calls);
    TestResource first = own.add("first", 1);
    first.onDown(() -> own.coordinator.register(late));

    own.checkpoint();
    assertThat(own.calls).containsExactly("down first", "up first");

    first.onDown(() -> {});
    own.checkpoint();
    assertThat(own.calls.subList(2, 6))
        .containsExactly("down first", "down late", "up late", "up first");
  }

  @Test
  @DisplayName("completes for a resource that is taken out while it is under way")
  void unregisteredMeanwhile() throws Exception {
    AtomicReference<Registration> registration = new AtomicReference<>();
    registration.set(
        own.coordinator.register(
            new TestResource("leaving", 1, own.calls).onDown(() -> registration.get().close())));

    own.checkpoint();
    own.checkpoint();

    assertThat(own.calls).containsExactly("down leaving", "up leaving");
  }

  @Test
  @DisplayName("gives resources the context class loader of the thread that asked for it")
  void contextClassLoader() throws Exception {
    AtomicReference<ClassLoader> seen = new AtomicReference<>();
    own.add("a", 1).onDown(() -> seen.set(Thread.currentThread().getContextClassLoader()));
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    ClassLoader mine = new ClassLoader(before) {};
    Thread.currentThread().setContextClassLoader(mine);
    try {
      own.checkpoint();
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }

    assertThat(seen).hasValue(mine);
  }

  @Test
  @DisplayName("ends with a report of what each resource took, in the order of the way down")
  void report() throws Exception {
    Instant before = Instant.now();
    own.add("pool", Phase.CLIENTS);
    // Slow on purpose, to see that its time is the one that is told.
    own.add("http", Phase.TRAFFIC)
        .onDown(() -> TimeUnit.MILLISECONDS.sleep(30))
        .onUp(() -> TimeUnit.MILLISECONDS.sleep(60));
    own.add("mine", 42);

    CheckpointReport report = own.checkpoint();

    assertThat(report.outcome()).isEqualTo(Outcome.RESTORED);
    assertThat(report.engine()).isEqualTo("pause");
    assertThat(report.failures()).isEmpty();
    assertThat(report.image()).isNull();
    assertThat(report.instanceId()).isNull();
    assertThat(report.resources())
        .extracting(ResourceWalk::name, ResourceWalk::phase)
        .containsExactly(tuple("http", "TRAFFIC"), tuple("mine", "42"), tuple("pool", "CLIENTS"));
    assertThat(report.resources().get(0).beforeMicros()).isBetween(30_000L, 20_000_000L);
    assertThat(report.resources().get(0).afterMicros()).isBetween(60_000L, 20_000_000L);
    assertThat(report.resources().get(2).beforeMicros()).isBetween(0L, 20_000_000L);
    assertThat(report.downMillis()).isBetween(30L, 20_000L);
    assertThat(report.upMillis()).isBetween(60L, 20_000L);
    assertThat(report.startedAt()).isBetween(before, report.endedAt());
    assertThat(report.endedAt()).isBeforeOrEqualTo(Instant.now());
  }

  @Test
  @DisplayName("has no report before the first one has ended")
  void noReport() {
    assertThat(own.coordinator.lastReport()).isEmpty();
  }
}
