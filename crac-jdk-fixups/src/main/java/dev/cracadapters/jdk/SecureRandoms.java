/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.jdk.JdkSettings.UnknownRandom;
import dev.cracadapters.jdk.TrackedRandoms.Found;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.security.SecureRandomSpi;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * {@code SecureRandom} of every algorithm, and with it {@code UUID.randomUUID()}, keys, nonces and
 * names of temporary files.
 *
 * <p>Before a checkpoint the virtual machine counts the generators that are alive. Where there are
 * more than are known, those that were made before {@link TrackedRandoms#install} are looked for;
 * and where some cannot be found, the checkpoint is refused.
 */
final class SecureRandoms implements Fixup {

  private static final Duration SEARCH = Duration.ofSeconds(10);
  private static final int COUNTS = 3;
  private static final Method PARAMETERS =
      Internals.method(SecureRandomSpi.class, "engineGetParameters");

  private final UnknownRandom unknown;
  private final Map<Object, Generator> suspended = new IdentityHashMap<>();

  SecureRandoms(UnknownRandom unknown) {
    this.unknown = unknown;
    TrackedRandoms.install();
  }

  @Override
  public synchronized void beforeCheckpoint() throws RefusedException, InterruptedException {
    TrackedRandoms.install();
    try {
      Entropy.number();
    } catch (UncheckedIOException e) {
      throw new RefusedException(
          "SecureRandom",
          "the operating system gives no random numbers, with which each clone is seeded",
          "Make /dev/urandom readable",
          e);
    }
    findUnknown();
    for (Generator generator : generators()) {
      // Known to be suspended first: should it fail half-way, it is resumed all the same.
      suspended.putIfAbsent(generator.state(), generator);
      suspended.get(generator.state()).suspend();
    }
  }

  @Override
  public synchronized void afterRestore() {
    Failures failures = new Failures("A random generator could not be seeded");
    // The JDK's own seeders come first in the list: the others may draw from them.
    for (Generator generator : generators()) {
      suspended.putIfAbsent(generator.state(), generator);
    }
    for (Generator generator : suspended.values()) {
      failures.unless(generator::resume);
    }
    suspended.clear();
    failures.raise();
  }

  /** All that are known, and those that the JDK shares among them. */
  private static List<Generator> generators() {
    List<Generator> all = new ArrayList<>(shared());
    for (Found found : TrackedRandoms.alive()) {
      Generator generator = found.generator();
      if (generator != null) {
        all.add(generator);
      }
    }
    return all;
  }

  private static List<Generator> shared() {
    List<Generator> shared = new ArrayList<>(NativeGenerator.all());
    Object sha1Seeder = Sha1Generator.seeder();
    if (sha1Seeder != null) {
      shared.add(new Sha1Generator(sha1Seeder));
    }
    Generator drbgSeeder = DrbgGenerator.seeder();
    if (drbgSeeder != null) {
      shared.add(drbgSeeder);
    }
    return shared;
  }

  private void findUnknown() throws RefusedException, InterruptedException {
    Map<String, Integer> missing = Map.of();
    try {
      // One that is made between our list and the count is no reason to search, let alone to
      // refuse.
      for (int count = 0; count < COUNTS; count++) {
        missing = missing();
        if (missing.isEmpty()) {
          return;
        }
      }
      search(missing);
      missing = missing();
    } catch (IllegalStateException e) {
      if (unknown == UnknownRandom.REFUSE) {
        throw new RefusedException(
            "SecureRandom",
            "it cannot be told whether all secure random generators are known: " + e.getMessage(),
            "Add the JDK's module jdk.management, or set spring.crac.jdk.unknown-random=allow",
            e);
      }
    }
    if (!missing.isEmpty() && unknown == UnknownRandom.REFUSE) {
      throw new RefusedException(
          "SecureRandom",
          "generators that only a running method holds, or that were made in an unknown way, would"
              + " give the same numbers in every clone: "
              + describe(missing),
          "Register JdkResource before they are made, or hold them in a field; or set"
              + " spring.crac.jdk.unknown-random=allow");
    }
  }

  /** How many more generators of each class are alive than are known. */
  private static Map<String, Integer> missing() {
    Map<String, Integer> expected = new HashMap<>();
    // Held strongly until after the count, so that a collection in between changes nothing.
    Set<Object> known = known();
    known.forEach(spi -> expected.merge(spi.getClass().getName(), 1, Integer::sum));
    Map<String, Integer> missing = new TreeMap<>();
    LiveCounts.of(TrackedRandoms.classNames())
        .forEach(
            (name, live) -> {
              int more = live - expected.getOrDefault(name, 0);
              if (more > 0) {
                missing.put(name, more);
              }
            });
    java.lang.ref.Reference.reachabilityFence(known);
    return missing;
  }

  private static void search(Map<String, Integer> missing) throws InterruptedException {
    Set<Object> known = known();
    int wanted = missing.values().stream().mapToInt(Integer::intValue).sum();
    Set<Object> found =
        new HeapSearch(type -> missing.containsKey(type.getName()), Deadline.after(SEARCH))
            .run(
                List.of(SecureRandoms.class),
                all -> all.stream().filter(spi -> !known.contains(spi)).count() >= wanted);
    for (Object candidate : found) {
      if (!known.contains(candidate) && candidate instanceof SecureRandomSpi spi) {
        TrackedRandoms.add(spi, Internals.call(PARAMETERS, spi));
      }
    }
  }

  /** Every generator whose state will be renewed. */
  private static Set<Object> known() {
    Set<Object> known = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Found found : TrackedRandoms.alive()) {
      if (found.generator() != null) {
        known.add(found.spi());
      }
    }
    for (NativeGenerator source : NativeGenerator.all()) {
      Object mix = source.mix();
      if (mix != null) {
        known.add(mix);
      }
    }
    Object seeder = Sha1Generator.seeder();
    if (seeder != null) {
      known.add(seeder);
    }
    return known;
  }

  private static String describe(Map<String, Integer> missing) {
    List<String> parts = new ArrayList<>();
    missing.forEach((name, count) -> parts.add(count + " of " + name));
    return String.join(", ", parts);
  }
}
