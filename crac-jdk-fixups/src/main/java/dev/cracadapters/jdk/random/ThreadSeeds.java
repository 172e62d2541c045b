/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.random;

import static dev.cracadapters.jdk.fixup.Memory.JDK;

import dev.cracadapters.core.support.InternalField;
import dev.cracadapters.core.support.InternalMethod;
import dev.cracadapters.jdk.fixup.Fixup;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * {@code ThreadLocalRandom}, whose seed is a field of each thread, virtual threads included. New
 * threads get theirs from {@link SharedSeeds}.
 */
public final class ThreadSeeds implements Fixup {

  private static final InternalField<Object> SEED =
      JDK.field(Thread.class, "threadLocalRandomSeed");
  private static final InternalField<Object> PROBE =
      JDK.field(Thread.class, "threadLocalRandomProbe");
  private static final InternalMethod THREADS = JDK.method(Thread.class, "getThreads");
  private static final InternalMethod STACKS =
      JDK.method(Thread.class, "dumpThreads", Thread[].class);

  /**
   * What {@code ThreadLocalRandom} adds to the seed at each step, besides twice the thread's id.
   */
  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  private static final long MAX_STEPS = 1L << 40;
  private static final int MAX_ATTEMPTS = 1000;

  @Override
  public void beforeCheckpoint() {
    threads();
  }

  @Override
  public void afterRestore() {
    Set<Thread> threads = threads();
    ByteBuffer next = ByteBuffer.wrap(Entropy.bytes(threads.size() * Long.BYTES));
    Map<Thread, Long> seeds = new IdentityHashMap<>();
    for (Thread thread : threads) {
      long seed = next.getLong();
      // A thread that has never used it seeds itself at the first use.
      if (!Integer.valueOf(0).equals(PROBE.find(thread))) {
        seeds.put(thread, seed);
      }
    }
    for (int attempt = 0; attempt < MAX_ATTEMPTS && !seeds.isEmpty(); attempt++) {
      seed(seeds);
    }
    if (!seeds.isEmpty()) {
      throw new IllegalStateException(
          "The ThreadLocalRandom of these threads, in use all the while, cannot be seeded: "
              + seeds.keySet());
    }
  }

  /**
   * Gives the seeds, and leaves in the map those that got lost. A thread that runs reads its seed,
   * adds a step and writes it back; compiled code may even keep the seed in a register throughout a
   * loop. What is written in between is lost. Asking for the threads' stacks brings them to a
   * safepoint, where nothing is on its way to memory: a seed that is still there then stays.
   */
  private static void seed(Map<Thread, Long> seeds) {
    // No lambdas: most of this runs in a restored process alone, where each would be made first.
    for (Map.Entry<Thread, Long> entry : seeds.entrySet()) {
      SEED.set(entry.getKey(), entry.getValue());
    }
    VarHandle.fullFence();
    for (Thread thread : List.copyOf(seeds.keySet())) {
      if (thread == Thread.currentThread() || thread.getState() != Thread.State.RUNNABLE) {
        seeds.remove(thread);
      }
    }
    if (seeds.isEmpty()) {
      return;
    }
    Set<Thread> running = Collections.newSetFromMap(new IdentityHashMap<>());
    running.addAll(seeds.keySet());
    if (THREADS.call(null) instanceof Thread[] platform) {
      running.retainAll(List.of(platform));
    }
    // One stop for all platform threads, and one for each virtual thread.
    if (!running.isEmpty()) {
      STACKS.call(null, (Object) running.toArray(new Thread[0]));
    }
    for (Thread thread : seeds.keySet()) {
      if (!running.contains(thread)) {
        thread.getStackTrace();
      }
    }
    for (Thread thread : List.copyOf(seeds.keySet())) {
      if (SEED.find(thread) instanceof Long now
          && Long.compareUnsigned(stepsFrom(seeds.get(thread), now, thread), MAX_STEPS) < 0) {
        seeds.remove(thread);
      }
    }
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
    if (THREADS.call(null) instanceof Thread[] platform) {
      Collections.addAll(all, platform);
    }
    // From JDK 19 on: virtual threads are not in that list.
    Class<?> containers = JDK.findType("jdk.internal.vm.ThreadContainers").orElse(null);
    if (containers != null) {
      addContained(all, JDK.method(containers, "root").call(null));
    }
    return all;
  }

  private static void addContained(Set<Thread> all, @Nullable Object container) {
    if (container == null) {
      return;
    }
    Class<?> type = JDK.type("jdk.internal.vm.ThreadContainer");
    Object threads = JDK.method(type, "threads").call(container);
    if (threads instanceof Stream<?> stream) {
      stream.forEach(thread -> all.add((Thread) thread));
    }
    Object children = JDK.method(type, "children").call(container);
    if (children instanceof Stream<?> stream) {
      stream.forEach(child -> addContained(all, child));
    }
  }
}
