/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.random;

import dev.cracadapters.core.Deadline;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Makes sure that every secure random generator with a state in memory is known. The virtual
 * machine counts those that are alive; if there are more than {@link TrackedRandoms} knows, they
 * were made before it was installed, or in another way, and are searched for.
 */
final class RandomCensus {

  private static final int COUNTS = 3;

  private RandomCensus() {}

  /**
   * Counts, and searches if any are missing. What is found is tracked from now on.
   *
   * @param deadline when a search gives up
   * @return the classes and numbers of those that will not be seeded for sure, empty if all will be
   * @throws IllegalStateException if the virtual machine cannot count
   * @throws InterruptedException if the thread is interrupted in a search
   */
  static Map<String, Integer> take(Deadline deadline) throws InterruptedException {
    // Those that nobody refers to any more are among them: where all are known without a
    // collection,
    // all that are alive are.
    Map<String, Integer> missing = missing(VirtualMachine::objects);
    if (missing.isEmpty()) {
      return missing;
    }
    // One that is made between our list and the count is no reason to search, let alone to refuse.
    for (int count = 0; count < COUNTS; count++) {
      missing = missing(VirtualMachine::liveObjects);
      if (missing.isEmpty()) {
        return missing;
      }
    }
    search(missing, deadline);
    return missing(VirtualMachine::liveObjects);
  }

  /** How many more generators of each class are counted than are known. */
  private static Map<String, Integer> missing(Function<Set<String>, Map<String, Integer>> count) {
    Map<String, Integer> expected = new HashMap<>();
    // Held strongly until after the count, so that a collection in between changes nothing.
    Set<Object> known = known();
    known.forEach(holder -> expected.merge(holder.getClass().getName(), 1, Integer::sum));
    Map<String, Integer> missing = new TreeMap<>();
    count
        .apply(TrackedRandoms.classNames())
        .forEach(
            (name, counted) -> {
              int more = counted - expected.getOrDefault(name, 0);
              if (more > 0) {
                missing.put(name, more);
              }
            });
    Reference.reachabilityFence(known);
    return missing;
  }

  private static void search(Map<String, Integer> missing, Deadline deadline)
      throws InterruptedException {
    Set<Object> known = known();
    // Those of an unknown kind are missing although they are tracked; they need not be found.
    long wanted = missing.values().stream().mapToInt(Integer::intValue).sum();
    for (Object holder : TrackedRandoms.alive()) {
      if (known.add(holder)) {
        wanted--;
      }
    }
    if (wanted <= 0) {
      return;
    }
    long enough = wanted;
    List<Object> roots = new ArrayList<>(VirtualMachine.bootClasses());
    roots.add(RandomCensus.class.getClassLoader());
    new HeapSearch(type -> missing.containsKey(type.getName()), deadline)
            .run(roots, all -> all.stream().filter(each -> !known.contains(each)).count() >= enough)
            .stream()
            .filter(each -> !known.contains(each))
            .forEach(TrackedRandoms::add);
  }

  /** What holds the states that will be renewed for sure. */
  private static Set<Object> known() {
    Set<Object> known = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Object holder : TrackedRandoms.alive()) {
      Generator generator = Generator.of(holder);
      if (generator != null && generator.isSure()) {
        known.add(holder);
      }
    }
    // These are of a class that is counted, but the JDK's own.
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
}
