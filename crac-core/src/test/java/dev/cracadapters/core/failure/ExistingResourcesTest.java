/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.failure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CoordinatorSettings;
import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.Registration;
import dev.cracadapters.core.WalkThreads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.crac.CheckpointException;
import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;
import org.crac.RestoreException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** They are registered with {@code org.crac} and know nothing of the coordinator. */
@DisplayName("A resource of existing code")
class ExistingResourcesTest {

  private final CheckpointCoordinator global = CheckpointCoordinator.global();
  private final List<String> calls = new CopyOnWriteArrayList<>();
  private final List<Existing> held = new ArrayList<>();
  private final CountDownLatch never = new CountDownLatch(1);
  private final Registration pool = global.register(new Pool());

  private interface Body {
    void run() throws Exception;
  }

  private final class Pool implements PhasedResource {

    @Override
    public String name() {
      return "pool";
    }

    @Override
    public int phase() {
      return 1;
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) {
      calls.add("down pool");
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) {
      calls.add("up pool");
    }
  }

  private final class Existing implements Resource {

    private final String name;
    private volatile boolean isOver;
    private Body down = () -> {};
    private Body up = () -> {};

    Existing(String name) {
      this.name = name;
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) throws Exception {
      if (!isOver) {
        calls.add("down " + name);
        down.run();
      }
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) throws Exception {
      if (!isOver) {
        calls.add("up " + name);
        up.run();
      }
    }
  }

  private Existing add(String name) {
    Existing existing = new Existing(name);
    held.add(existing);
    Core.getGlobalContext().register(existing);
    return existing;
  }

  private void limits(long walkMillis, long resourceMillis) {
    global.configure(
        new CoordinatorSettings(
            "pause",
            null,
            AuditMode.LENIENT,
            Duration.ofMillis(walkMillis),
            Duration.ofMillis(resourceMillis)));
  }

  @AfterEach
  void takeOut() {
    never.countDown();
    held.forEach(existing -> existing.isOver = true);
    pool.close();
    global.configure(CoordinatorSettings.fromSystemProperties());
  }

  private void hang() {
    while (never.getCount() > 0) {
      try {
        never.await();
      } catch (InterruptedException e) {
        calls.add("interrupted");
      }
    }
  }

  @Test
  @DisplayName("that hangs on the way down is named with its class and stack, and all come up")
  void hangsDown() {
    limits(60_000, 300);
    add("first");
    add("deaf").down = this::hang;
    add("last");

    CheckpointException exception =
        catchThrowableOfType(CheckpointException.class, Core::checkpointRestore);

    assertThat(exception.getSuppressed()).singleElement().isInstanceOf(RefusedException.class);
    assertThat(exception.getSuppressed()[0])
        .hasMessageStartingWith(
            Existing.class.getName() + ": it did not stop within 300 ms; its thread is")
        .hasMessageContaining("ExistingResourcesTest.hang(")
        .hasMessageEndingWith("Raise resource-timeout, or find what it waits for");
    assertThat(calls)
        .containsExactly(
            "down last",
            "down deaf",
            "interrupted",
            "down first",
            "down pool",
            "up pool",
            "up first",
            "up deaf",
            "up last");
    assertThat(global.isUnderWay()).isFalse();
    assertThat(global.lastReport().orElseThrow().failures())
        .containsExactly(exception.getSuppressed()[0].getMessage());

    never.countDown();
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () ->
                assertThat(calls)
                    .as("its stop has ended after the roll-back: it is brought back once more")
                    .endsWith("up last", "up deaf"));
  }

  @Test
  @DisplayName("that hangs on the way up is named with its class and stack, and the others come up")
  void hangsUp() {
    limits(60_000, 300);
    add("first");
    add("deaf").up = this::hang;
    add("last");

    RestoreException exception =
        catchThrowableOfType(RestoreException.class, Core::checkpointRestore);

    assertThat(exception.getSuppressed()).singleElement().isInstanceOf(RefusedException.class);
    assertThat(exception.getSuppressed()[0])
        .hasMessageStartingWith(
            Existing.class.getName() + ": it did not come back within 300 ms; its thread is")
        .hasMessageContaining("ExistingResourcesTest.hang(");
    assertThat(calls).contains("up pool", "up first", "up last");
    assertThat(global.isUnderWay()).isFalse();
  }

  @Test
  @DisplayName("counts in the walk's time: where that is over, nothing else is stopped")
  void wholeWalk() {
    limits(300, 60_000);
    add("first");
    add("deaf").down = this::hang;

    CheckpointException exception =
        catchThrowableOfType(CheckpointException.class, Core::checkpointRestore);

    assertThat(exception.getSuppressed()).hasSize(2);
    assertThat(exception.getSuppressed()[1])
        .hasMessage(
            Existing.class.getName()
                + ": its turn did not come within the walk's 300 ms. raise walk-timeout");
    assertThat(calls).doesNotContain("down first", "up first", "down pool").contains("up deaf");
  }

  @Test
  @DisplayName("may unlock on the way up what it locked on the way down, whoever else hangs")
  void locks() throws Exception {
    limits(60_000, 300);
    ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    AtomicReference<Thread> locking = new AtomicReference<>();
    add("deaf").down = this::hang;
    Existing locked = add("locked");
    locked.down =
        () -> {
          lock.writeLock().lock();
          locking.set(Thread.currentThread());
        };
    locked.up = lock.writeLock()::unlock;

    CheckpointException exception =
        catchThrowableOfType(CheckpointException.class, Core::checkpointRestore);

    assertThat(exception.getSuppressed()).as("of the deaf one alone").hasSize(1);
    assertThat(lock.isWriteLocked()).isFalse();
    await().atMost(Duration.ofSeconds(20)).until(() -> !locking.get().isAlive());
  }

  @Test
  @DisplayName("is called on a thread of the walk with the class loader of who asked")
  void thread() throws Exception {
    limits(60_000, 60_000);
    ClassLoader loader = new ClassLoader(getClass().getClassLoader()) {};
    List<Object> seen = new CopyOnWriteArrayList<>();
    add("existing").down =
        () -> {
          seen.add(Thread.currentThread().getContextClassLoader());
          seen.add(WalkThreads.isCurrent());
        };
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    Thread.currentThread().setContextClassLoader(loader);
    try {
      Core.checkpointRestore();
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }

    assertThat(seen).containsExactly(loader, true);
  }
}
