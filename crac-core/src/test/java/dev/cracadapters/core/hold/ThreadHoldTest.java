/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.hold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.cracadapters.core.Deadline;
import java.io.OutputStream;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

@Timeout(60)
@DisplayName("A hold of the application's threads")
class ThreadHoldTest {

  private static final Logger LOG = LoggerFactory.getLogger(ThreadHoldTest.class);

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final List<Thread> started = new ArrayList<>();
  private volatile boolean over;

  /** Runs turn after turn until the test is over; how many there were. */
  private AtomicLong repeat(String name, Runnable turn) throws InterruptedException {
    AtomicLong turns = new AtomicLong();
    start(new Thread(loop(turns, turn), name));
    awaitMore(turns);
    return turns;
  }

  private Runnable loop(AtomicLong turns, Runnable turn) {
    return () -> {
      while (!over) {
        turn.run();
        turns.incrementAndGet();
      }
    };
  }

  private void start(Thread thread) {
    thread.setDaemon(true);
    started.add(thread);
    thread.start();
  }

  private static void awaitMore(AtomicLong turns) throws InterruptedException {
    long before = turns.get();
    assertThat(Deadline.after(LIMIT).await(() -> turns.get() > before)).isTrue();
  }

  /** Nothing happens while this thread does much more than a turn. */
  private static void assertStandsStill(AtomicLong... turns) {
    List<Long> before = List.of(turns).stream().map(AtomicLong::get).toList();
    for (int i = 0; i < 5; i++) {
      System.gc();
    }
    assertThat(List.of(turns).stream().map(AtomicLong::get)).isEqualTo(before);
  }

  @AfterEach
  void end() throws InterruptedException {
    over = true;
    for (Thread thread : started) {
      thread.join(LIMIT.toMillis());
      assertThat(thread.isAlive()).as(thread.getName()).isFalse();
    }
  }

  @Test
  @DisplayName("keeps them where they are, whatever they do, and lets them go on")
  void holds() throws Exception {
    AtomicLong draws = repeat("draws", () -> ThreadLocalRandom.current().nextLong());
    AtomicLong allocates = repeat("allocates", () -> new ArrayList<>(1_000).add("x"));
    AtomicLong sleeps = repeat("sleeps", ThreadHoldTest::sleep);
    ThreadHold hold = ThreadHold.begin();
    try {
      assertThat(hold.whyNot()).isNull();
      assertThat(hold.threads()).isGreaterThanOrEqualTo(3);
      assertStandsStill(draws, allocates, sleeps);
    } finally {
      hold.release();
    }
    awaitMore(draws);
    awaitMore(allocates);
    awaitMore(sleeps);
    hold.release();
    assertThat(hold.whyNot()).isNull();
  }

  private static void sleep() {
    try {
      Thread.sleep(1);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  @DisplayName("keeps virtual threads, too, and those that are started meanwhile")
  void virtual() throws Exception {
    assumeThat(Runtime.version().feature()).isGreaterThanOrEqualTo(21);
    AtomicLong draws = new AtomicLong();
    AtomicLong sleeps = new AtomicLong();
    startVirtual(loop(draws, () -> ThreadLocalRandom.current().nextLong()));
    startVirtual(loop(sleeps, ThreadHoldTest::sleep));
    awaitMore(draws);
    awaitMore(sleeps);
    AtomicLong later = new AtomicLong();
    ThreadHold hold = ThreadHold.begin();
    try {
      assertThat(hold.whyNot()).isNull();
      startVirtual(loop(later, ThreadHoldTest::sleep));
      assertStandsStill(draws, sleeps, later);
    } finally {
      hold.release();
    }
    awaitMore(draws);
    awaitMore(sleeps);
    awaitMore(later);
  }

  private static void startVirtual(Runnable task) throws ReflectiveOperationException {
    Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, task);
  }

  @Test
  @DisplayName("keeps none in a lock that it takes again and again")
  void locks() throws Exception {
    Object monitor = new Object();
    ReentrantLock lock = new ReentrantLock();
    SecureRandom random = SecureRandom.getInstance("DRBG");
    byte[] bytes = new byte[64];
    repeat(
        "monitor",
        () -> {
          synchronized (monitor) {
            work();
          }
          work();
        });
    repeat(
        "lock",
        () -> {
          lock.lock();
          try {
            work();
          } finally {
            lock.unlock();
          }
          work();
        });
    repeat("random", () -> random.nextBytes(bytes));
    repeat("log", () -> LOG.trace("{}", monitor));
    repeat("print", new java.io.PrintStream(OutputStream.nullOutputStream())::println);
    for (int turn = 0; turn < 2; turn++) {
      ThreadHold hold = ThreadHold.begin();
      try {
        synchronized (monitor) {
          lock.lock();
          random.nextBytes(bytes);
          lock.unlock();
        }
      } finally {
        hold.release();
      }
      assertThat(hold.whyNot()).isNull();
    }
  }

  @Test
  @DisplayName("lends one to whoever waits for a lock that it owns nearly always")
  void lends() throws Exception {
    Object monitor = new Object();
    AtomicLong turns =
        repeat(
            "greedy",
            () -> {
              synchronized (monitor) {
                work();
              }
            });
    for (int turn = 0; turn < 2; turn++) {
      ThreadHold hold = ThreadHold.begin();
      try {
        synchronized (monitor) {
          assertThat(hold.isReleased()).isFalse();
        }
      } finally {
        hold.release();
      }
      assertThat(hold.whyNot()).isNull();
    }
    awaitMore(turns);
  }

  private static void work() {
    long begin = System.nanoTime();
    while (System.nanoTime() - begin < 50_000) {
      Thread.onSpinWait();
    }
  }

  /** Takes a while to initialize. */
  private static final class Slow {
    static final long TOOK;

    static {
      entered.countDown();
      long begin = System.nanoTime();
      while (System.nanoTime() - begin < 20_000_000) {
        Thread.onSpinWait();
      }
      TOOK = System.nanoTime() - begin;
    }
  }

  private static CountDownLatch entered = new CountDownLatch(1);

  @Test
  @DisplayName("keeps none in the initializer of a class")
  void initializer() throws Exception {
    start(new Thread(() -> assertThat(Slow.TOOK).isPositive(), "initializes"));
    entered.await();
    ThreadHold hold = ThreadHold.begin();
    try {
      assertThat(Slow.TOOK).isPositive();
    } finally {
      hold.release();
    }
    assertThat(hold.whyNot()).isNull();
  }

  @Test
  @DisplayName("ends by itself where what it waits for has no end")
  void stuck() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch answered = new CountDownLatch(1);
    start(
        new Thread(
            () -> {
              awaitQuietly(asked);
              answered.countDown();
            },
            "answers"));
    ThreadHold hold = ThreadHold.begin();
    asked.countDown();
    answered.await();
    assertThat(hold.isReleased()).isTrue();
    hold.release();
    assertThat(hold.whyNot()).contains("nothing moved for 3 s");
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
