/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * {@code ThreadLocalRandom}, whose seed is a field of each thread, virtual threads included. New
 * threads get theirs from {@link SharedSeeds}.
 */
final class ThreadSeeds implements Fixup {

  private static final Field SEED = Internals.field(Thread.class, "threadLocalRandomSeed");
  private static final Field PROBE = Internals.field(Thread.class, "threadLocalRandomProbe");
  private static final Method THREADS = Internals.method(Thread.class, "getThreads");

  /**
   * What {@code ThreadLocalRandom} adds to the seed at each step, besides twice the thread's id.
   */
  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  private static final long MOST_STEPS = 1L << 40;
  private static final int ATTEMPTS = 1000;

  @Override
  public void beforeCheckpoint() {
    threads();
  }

  @Override
  public void afterRestore() {
    Set<Thread> threads = threads();
    byte[] seeds = Entropy.bytes(threads.size() * Long.BYTES);
    ByteBuffer next = ByteBuffer.wrap(seeds);
    Map<Thread, Long> given = new IdentityHashMap<>();
    for (Thread thread : threads) {
      long seed = next.getLong();
      // A thread that has never used it seeds itself at the first use.
      if (!Integer.valueOf(0).equals(Internals.get(PROBE, thread))) {
        Internals.set(SEED, thread, seed);
        given.put(thread, seed);
      }
    }
    // A thread that runs reads its seed, adds a step and writes it back; what is written in between
    // is lost. So each seed is read again: it must be the given one, or some steps further.
    for (int attempt = 0; attempt < ATTEMPTS && !given.isEmpty(); attempt++) {
      given.forEach(ThreadSeeds::insist);
      Thread.yield();
      given.entrySet().removeIf(entry -> has(entry.getKey(), entry.getValue()));
    }
    if (!given.isEmpty()) {
      throw new IllegalStateException(
          "The seeds of the ThreadLocalRandom of these threads cannot be set: " + given.keySet());
    }
  }

  private static void insist(Thread thread, Long seed) {
    if (!has(thread, seed)) {
      Internals.set(SEED, thread, seed);
    }
  }

  private static boolean has(Thread thread, Long seed) {
    return Internals.get(SEED, thread) instanceof Long now
        && Long.compareUnsigned(stepsFrom(seed, now, thread), MOST_STEPS) < 0;
  }

  /** How often the step must be added to get from one seed to the other, modulo 2^64. */
  private static long stepsFrom(long from, long to, Thread thread) {
    long step = (threadId(thread) << 1) + GOLDEN_GAMMA;
    // The inverse of an odd number modulo 2^64; each round of Newton's doubles the correct bits.
    long inverse = step;
    for (int bits = 3; bits < Long.SIZE; bits *= 2) {
      inverse *= 2 - step * inverse;
    }
    return (to - from) * inverse;
  }

  // Thread.threadId() is there from JDK 19 on, where getId() is deprecated.
  @SuppressWarnings("deprecation")
  private static long threadId(Thread thread) {
    return thread.getId();
  }

  private static Set<Thread> threads() {
    Set<Thread> all = Collections.newSetFromMap(new IdentityHashMap<>());
    if (Internals.call(THREADS, null) instanceof Thread[] platform) {
      Collections.addAll(all, platform);
    }
    // From JDK 19 on: virtual threads are not in that list.
    Class<?> containers = Internals.typeIfPresent("jdk.internal.vm.ThreadContainers");
    if (containers != null) {
      addContained(all, Internals.call(Internals.method(containers, "root"), null));
    }
    return all;
  }

  private static void addContained(Set<Thread> all, @Nullable Object container) {
    if (container == null) {
      return;
    }
    Class<?> type = Internals.type("jdk.internal.vm.ThreadContainer");
    Object threads = Internals.call(Internals.method(type, "threads"), container);
    if (threads instanceof Stream<?> stream) {
      stream.forEach(thread -> all.add((Thread) thread));
    }
    Object children = Internals.call(Internals.method(type, "children"), container);
    if (children instanceof Stream<?> stream) {
      stream.forEach(child -> addContained(all, child));
    }
  }
}
