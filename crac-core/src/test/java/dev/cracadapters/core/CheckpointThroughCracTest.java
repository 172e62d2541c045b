/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.CheckpointReport.ResourceWalk;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.crac.CheckpointException;
import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;
import org.crac.RestoreException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("org.crac.Core.checkpointRestore() on a stock JDK")
class CheckpointThroughCracTest {

  private final CheckpointCoordinator global = CheckpointCoordinator.global();
  private final List<String> calls = new CopyOnWriteArrayList<>();
  private final List<Registration> registrations = new ArrayList<>();

  /** The global context holds them weakly. */
  private final List<Plain> held = new ArrayList<>();

  @BeforeEach
  void pause() {
    global.configure(OwnCoordinator.PAUSE);
  }

  @AfterEach
  void takeEverythingOut() {
    registrations.forEach(Registration::close);
    held.forEach(Plain::leave);
    global.configure(CoordinatorSettings.fromSystemProperties());
  }

  private TestResource add(String name, int phase) {
    TestResource resource = new TestResource(name, phase, calls);
    registrations.add(global.register(resource));
    return resource;
  }

  /** A resource such as existing code has, which knows nothing of phases. */
  private TestResource addToGlobalContext(String name) {
    TestResource resource = new TestResource(name, 0, calls);
    Plain plain = new Plain(resource);
    held.add(plain);
    Core.getGlobalContext().register(plain);
    return resource;
  }

  /** The global context has no way out of it: at the end of a test it does nothing any more. */
  private static final class Plain implements Resource {

    private volatile TestResource resource;

    Plain(TestResource resource) {
      this.resource = resource;
    }

    void leave() {
      resource = new TestResource("gone", 0, new ArrayList<>());
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) throws Exception {
      resource.beforeCheckpoint(context);
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) throws Exception {
      resource.afterRestore(context);
    }
  }

  @Test
  @DisplayName("walks the global coordinator's resources")
  void reachesTheCoordinator() throws Exception {
    add("pool", Phase.CLIENTS);
    add("http", Phase.TRAFFIC);

    Core.checkpointRestore();

    assertThat(calls).containsExactly("down http", "down pool", "up pool", "up http");
    assertThat(global.lastReport().orElseThrow().outcome()).isEqualTo(Outcome.RESTORED);
  }

  @Test
  @DisplayName("gives its report to who asks the coordinator for the checkpoint")
  void checkpointReturnsItsReport() throws Exception {
    add("pool", Phase.CLIENTS);

    CheckpointReport report = global.checkpoint();

    assertThat(report.resources()).extracting(ResourceWalk::name).containsExactly("pool");
    assertThat(global.lastReport()).containsSame(report);
  }

  @Test
  @DisplayName(
      "calls existing code's resources before the coordinator's, the last registered first")
  void orderInTheGlobalContext() throws Exception {
    add("pool", Phase.CLIENTS);
    addToGlobalContext("first");
    addToGlobalContext("second");

    Core.checkpointRestore();

    assertThat(calls)
        .containsExactly(
            "down second", "down first", "down pool", "up pool", "up first", "up second");
  }

  @Test
  @DisplayName("hands the failures of all of them over, message and all, and brings all back")
  void failures() {
    RefusedException busy = new RefusedException("pool", "it is busy", "wait");
    IOException broken = new IOException("port 80 is not ours");
    CheckpointException own = new CheckpointException("not today");
    add("pool", Phase.CLIENTS)
        .onDown(
            () -> {
              throw busy;
            });
    addToGlobalContext("first")
        .onDown(
            () -> {
              throw broken;
            });
    addToGlobalContext("second")
        .onDown(
            () -> {
              throw own;
            });
    addToGlobalContext("third");

    CheckpointException exception =
        catchThrowableOfType(CheckpointException.class, Core::checkpointRestore);

    assertThat(exception.getSuppressed()).containsExactly(own, broken, busy);
    assertThat(calls.subList(4, 8)).containsExactly("up pool", "up first", "up second", "up third");
    assertThat(global.lastReport().orElseThrow().failures())
        .containsExactly(own.toString(), broken.toString(), "pool: it is busy. wait");
  }

  @Test
  @DisplayName("brings all back after an Error in existing code")
  void error() {
    Error error = new NoClassDefFoundError("com/example/Gone");
    add("pool", Phase.CLIENTS);
    addToGlobalContext("broken")
        .onDown(
            () -> {
              throw error;
            });

    CheckpointException exception =
        catchThrowableOfType(CheckpointException.class, Core::checkpointRestore);

    assertThat(exception.getSuppressed()).containsExactly(error);
    assertThat(calls).containsExactly("down broken", "down pool", "up pool", "up broken");
    assertThat(global.isUnderWay()).isFalse();
  }

  @Test
  @DisplayName("throws a RestoreException with each failure to come back")
  void restoreFailures() {
    IOException mine = new IOException("mine");
    IOException theirs = new IOException("theirs");
    add("pool", Phase.CLIENTS)
        .onUp(
            () -> {
              throw mine;
            });
    addToGlobalContext("first")
        .onUp(
            () -> {
              throw theirs;
            });
    addToGlobalContext("second");

    RestoreException exception =
        catchThrowableOfType(RestoreException.class, Core::checkpointRestore);

    assertThat(exception.getSuppressed()).containsExactly(mine, theirs);
    assertThat(calls).contains("up second");
    assertThat(global.lastReport().orElseThrow().outcome())
        .isEqualTo(Outcome.RESTORED_WITH_FAILURES);
  }

  @Test
  @DisplayName("does not keep existing code's resources from being collected")
  void weaklyHeld() throws Exception {
    addToGlobalContext("forgotten");
    WeakReference<Resource> forgotten = new WeakReference<>(held.get(0));
    held.clear();
    await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () -> {
              System.gc();
              return forgotten.get() == null;
            });

    Core.checkpointRestore();

    assertThat(calls).isEmpty();
  }

  @Test
  @DisplayName("holds a resource of the coordinator's that nobody else holds")
  void stronglyHeld() throws Exception {
    WeakReference<TestResource> resource = new WeakReference<>(add("kept", 0));
    WeakReference<Object> collectable = new WeakReference<>(new Object());
    await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () -> {
              System.gc();
              return collectable.get() == null;
            });

    Core.checkpointRestore();

    assertThat(resource.get()).isNotNull();
    assertThat(calls).containsExactly("down kept", "up kept");
  }

  @Test
  @DisplayName("does not call a resource of existing code that was registered on the way down")
  void registeredMeanwhile() throws Exception {
    TestResource first = addToGlobalContext("first");
    first.onDown(() -> addToGlobalContext("late"));

    Core.checkpointRestore();
    assertThat(calls).containsExactly("down first", "up first");

    first.onDown(() -> {});
    Core.checkpointRestore();
    assertThat(calls.subList(2, 6))
        .containsExactly("down late", "down first", "up first", "up late");
  }

  @Test
  @DisplayName("refuses a checkpoint that is asked for on the way down, and goes on")
  void inside() throws Exception {
    List<Throwable> inner = new CopyOnWriteArrayList<>();
    add("pool", Phase.CLIENTS)
        .onDown(
            () -> {
              CheckpointException exception =
                  catchThrowableOfType(CheckpointException.class, Core::checkpointRestore);
              inner.addAll(List.of(exception.getSuppressed()));
            });

    Core.checkpointRestore();

    assertThat(inner).singleElement().isInstanceOf(RefusedException.class);
    assertThat(inner.get(0)).hasMessageContaining("another one is under way");
    assertThat(calls).containsExactly("down pool", "up pool");
  }
}
