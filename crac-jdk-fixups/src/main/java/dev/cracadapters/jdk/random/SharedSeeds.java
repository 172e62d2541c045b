/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.random;

import static dev.cracadapters.jdk.fixup.Memory.JDK;

import dev.cracadapters.jdk.fixup.Fixup;
import dev.cracadapters.jdk.fixup.Memory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Where the JDK's plain random generators get their seeds from: the counters behind {@code new
 * Random()}, {@code new SplittableRandom()} and {@code RandomGenerator.of(..)}, and the generators
 * behind {@code Math.random()} and {@code Collections.shuffle(list)}.
 *
 * <p>A {@code Random} or {@code SplittableRandom} that an application already holds is not touched:
 * its seed may have been chosen so that its numbers repeat.
 */
public final class SharedSeeds implements Fixup {

  /** The module jdk.random until JDK 22, java.base since. */
  private static final List<String> GENERATOR_PACKAGES =
      List.of("jdk.random.", "jdk.internal.random.");

  private static final List<String> GENERATORS =
      List.of(
          "L32X64MixRandom",
          "L64X128MixRandom",
          "L64X128StarStarRandom",
          "L64X256MixRandom",
          "L64X1024MixRandom",
          "L128X128MixRandom",
          "L128X256MixRandom",
          "L128X1024MixRandom",
          "Xoroshiro128PlusPlus",
          "Xoshiro256PlusPlus");

  @Override
  public void beforeCheckpoint() {
    // What this JDK lacks must be found out now, not after the restore.
    sources();
  }

  @Override
  public void afterRestore() {
    for (Object source : sources()) {
      if (source instanceof AtomicLong seed) {
        seed.set(Entropy.number());
      } else if (source instanceof AtomicInteger seed) {
        seed.set((int) Entropy.number());
      } else if (source instanceof Random random) {
        random.setSeed(Entropy.number());
      }
    }
  }

  private static List<Object> sources() {
    List<Object> sources = new ArrayList<>();
    add(sources, Random.class, "seedUniquifier");
    add(sources, SplittableRandom.class, "defaultGen");
    add(sources, ThreadLocalRandom.class, "seeder");
    add(sources, ThreadLocalRandom.class, "probeGenerator");
    for (String math : List.of("java.lang.Math", "java.lang.StrictMath")) {
      String holder = math + "$RandomNumberGeneratorHolder";
      add(sources, JDK.type(holder), "randomNumberGenerator");
    }
    add(sources, JDK.type("java.util.Collections"), "r");
    for (String prefix : GENERATOR_PACKAGES) {
      for (String name : GENERATORS) {
        Class<?> type = JDK.findType(prefix + name).orElse(null);
        if (type != null) {
          add(sources, type, "defaultGen");
        }
      }
    }
    return sources;
  }

  private static void add(List<Object> sources, Class<?> owner, String field) {
    // Before its first use it has no seed yet.
    Object source = Memory.valueIfInitialized(owner, field);
    if (source != null) {
      sources.add(source);
    }
  }
}
