/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.random;

import static dev.cracadapters.jdk.fixup.Memory.JDK;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.support.InternalField;
import dev.cracadapters.jdk.JdkResource;
import dev.cracadapters.jdk.JdkSettings;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The generators that are not for secrets, but that clones must not share all the same. */
class PlainRandomTest {

  private static final InternalField<Object> SEED =
      JDK.field(Thread.class, "threadLocalRandomSeed");
  private static final long IMAGE = 0x1234_5678_9abc_def0L;

  private final JdkResource resource = JdkResource.of(JdkSettings.defaults());

  static List<Source> sources() {
    return List.of(
        new Source(
            "Math.random()",
            "java.lang.Math$RandomNumberGeneratorHolder",
            "randomNumberGenerator",
            Math::random),
        new Source(
            "StrictMath.random()",
            "java.lang.StrictMath$RandomNumberGeneratorHolder",
            "randomNumberGenerator",
            StrictMath::random),
        new Source("Collections.shuffle", "java.util.Collections", "r", PlainRandomTest::shuffled),
        new Source(
            "new SplittableRandom()",
            "java.util.SplittableRandom",
            "defaultGen",
            () -> new SplittableRandom().nextLong()),
        new Source(
            "new Random()", "java.util.Random", "seedUniquifier", () -> new Random().nextLong()),
        new Source(
            "RandomGenerator.of",
            generator(),
            "defaultGen",
            () -> RandomGenerator.of("L64X128MixRandom").nextLong()));
  }

  @ParameterizedTest
  @MethodSource("sources")
  @DisplayName("Two clones get different numbers")
  void clonesDiffer(Source source) throws Exception {
    source.numbers().call();
    Object shared = JDK.field(JDK.type(source.owner()), source.field()).find(null);
    Rewind image = Rewind.of(shared);

    resource.afterRestore(null);
    Object first = source.numbers().call();
    image.restore();
    resource.afterRestore(null);

    assertThat(source.numbers().call()).isNotEqualTo(first);
  }

  @Test
  @DisplayName("The thread that restores gets another ThreadLocalRandom in each clone")
  void ownThread() {
    ThreadLocalRandom.current().nextLong();

    assertThat(inTwoClones(Thread.currentThread())).doesNotHaveDuplicates();
  }

  @Test
  @DisplayName("A thread that waits gets another ThreadLocalRandom in each clone")
  void parkedThread() throws Exception {
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try {
      Future<Thread> thread =
          executor.submit(
              () -> {
                ThreadLocalRandom.current().nextLong();
                return Thread.currentThread();
              });

      assertThat(inTwoClones(thread.get(10, TimeUnit.SECONDS))).doesNotHaveDuplicates();
    } finally {
      executor.shutdownNow();
    }
  }

  @Test
  @DisplayName("A thread that draws numbers all the while cannot write its old seed back")
  void busyThread() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    boolean[] end = new boolean[1];
    long[] last = new long[1];
    Thread busy =
        new Thread(
            () -> {
              ThreadLocalRandom random = ThreadLocalRandom.current();
              started.countDown();
              while (!end[0]) {
                for (int i = 0; i < 1000; i++) {
                  last[0] += random.nextLong();
                }
                Thread.onSpinWait();
                synchronized (end) {
                  last[0]++;
                }
              }
            });
    busy.start();
    started.await();
    try {
      long step = (id(busy) << 1) + 0x9e3779b97f4a7c15L;
      for (int i = 0; i < 20; i++) {
        long before = (long) SEED.find(busy);
        resource.afterRestore(null);
        long after = (long) SEED.find(busy);

        assertThat(stepsBetween(before, after, step))
            .as("steps from the image's seed: a small number is the old sequence")
            .isGreaterThan(1L << 40);
      }
    } finally {
      synchronized (end) {
        end[0] = true;
      }
      busy.join();
    }
  }

  @Test
  @EnabledForJreRange(min = JRE.JAVA_21)
  @DisplayName("A virtual thread that waits gets another ThreadLocalRandom in each clone")
  void virtualThread() throws Exception {
    CountDownLatch used = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    Runnable waits =
        () -> {
          ThreadLocalRandom.current().nextLong();
          used.countDown();
          try {
            end.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        };
    Thread thread =
        (Thread) Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, waits);
    try {
      used.await();

      assertThat(inTwoClones(thread)).doesNotHaveDuplicates();
    } finally {
      end.countDown();
      thread.join();
    }
  }

  @Test
  @DisplayName("A thread started after the restore gets another ThreadLocalRandom in each clone")
  void newThread() throws Exception {
    Rewind image = Rewind.of(JDK.field(ThreadLocalRandom.class, "seeder").find(null));
    resource.afterRestore(null);
    long first = seedOfNewThread();
    image.restore();
    resource.afterRestore(null);

    assertThat(seedOfNewThread()).isNotEqualTo(first);
  }

  @Test
  @DisplayName("A Random with a chosen seed goes on where it was")
  void chosenSeedIsKept() {
    Random chosen = new Random(42);
    Random same = new Random(42);

    resource.afterRestore(null);

    assertThat(chosen.nextLong()).isEqualTo(same.nextLong());
  }

  private List<Long> inTwoClones(Thread thread) {
    List<Long> seeds = new ArrayList<>(List.of(IMAGE));
    for (int clone = 0; clone < 2; clone++) {
      SEED.set(thread, IMAGE);
      resource.afterRestore(null);
      seeds.add((Long) SEED.find(thread));
    }
    return seeds;
  }

  /** How many steps lie between, modulo 2^64. */
  private static long stepsBetween(long from, long to, long step) {
    long inverse = 1;
    for (int i = 0; i < 6; i++) {
      inverse *= 2 - step * inverse;
    }
    long steps = (to - from) * inverse;
    return steps < 0 ? Long.MAX_VALUE : steps;
  }

  private static long seedOfNewThread() throws InterruptedException {
    long[] number = new long[1];
    // The seed rather than a number, which also depends on the thread's id.
    Thread thread =
        new Thread(
            () -> {
              ThreadLocalRandom.current();
              number[0] = (long) SEED.find(Thread.currentThread());
            });
    thread.start();
    thread.join();
    return number[0];
  }

  @SuppressWarnings("deprecation")
  private static long id(Thread thread) {
    return thread.getId();
  }

  private static String generator() {
    return RandomGenerator.of("L64X128MixRandom").getClass().getName();
  }

  private static List<Integer> shuffled() {
    List<Integer> list = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      list.add(i);
    }
    Collections.shuffle(list);
    return list;
  }

  record Source(String name, String owner, String field, Callable<Object> numbers) {
    @Override
    public String toString() {
      return name;
    }
  }
}
