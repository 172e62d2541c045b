/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.random;

import static dev.cracadapters.jdk.fixup.Memory.JDK;

import dev.cracadapters.core.support.InternalField;
import dev.cracadapters.jdk.fixup.Fixup;
import dev.cracadapters.jdk.fixup.Memory;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

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

  /** Looked for once: what this JDK has of them does not change, and most of it is not there. */
  private final List<Source> all = new ArrayList<>();

  /** Finds out where this JDK keeps them. */
  public SharedSeeds() {
    add(Random.class, "seedUniquifier");
    add(SplittableRandom.class, "defaultGen");
    add(ThreadLocalRandom.class, "seeder");
    add(ThreadLocalRandom.class, "probeGenerator");
    for (String math : List.of("java.lang.Math", "java.lang.StrictMath")) {
      add(JDK.type(math + "$RandomNumberGeneratorHolder"), "randomNumberGenerator");
    }
    add(JDK.type("java.util.Collections"), "r");
    for (String prefix : GENERATOR_PACKAGES) {
      for (String name : GENERATORS) {
        JDK.findType(prefix + name).ifPresent(type -> add(type, "defaultGen"));
      }
    }
  }

  private void add(Class<?> owner, String field) {
    all.add(new Source(owner, field));
  }

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

  private List<Object> sources() {
    return all.stream().map(Source::value).filter(Objects::nonNull).toList();
  }

  /** A static field that holds a seed or a generator. */
  private static final class Source {

    private final Class<?> owner;
    private final String name;
    private @Nullable InternalField<Object> field;

    Source(Class<?> owner, String name) {
      this.owner = owner;
      this.name = name;
    }

    /** Null before the class's first use: it has no seed yet. */
    @Nullable Object value() {
      if (!Memory.isInitialized(owner)) {
        return null;
      }
      if (field == null) {
        field = JDK.field(owner, name);
      }
      return field.find(null);
    }
  }
}
