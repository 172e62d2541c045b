/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.random;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.Failures;
import dev.cracadapters.jdk.fixup.Fixup;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * {@code SecureRandom} of every algorithm, and with it {@code UUID.randomUUID()}, keys, nonces and
 * names of temporary files.
 *
 * <p>Where the {@link RandomCensus} finds generators that cannot be seeded, the checkpoint is
 * refused.
 */
public final class SecureRandoms implements Fixup {

  private static final Duration SEARCH = Duration.ofSeconds(20);

  private final boolean refusesUnknown;
  private final Map<Object, Generator> suspended = new IdentityHashMap<>();

  /**
   * Tracks generators from now on.
   *
   * @param refusesUnknown whether a checkpoint is refused while there are generators that cannot be
   *     seeded for sure
   */
  public SecureRandoms(boolean refusesUnknown) {
    this.refusesUnknown = refusesUnknown;
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
    TrackedRandoms.onMade(this::suspend);
    generators().forEach(this::suspend);
  }

  private synchronized void suspend(Generator generator) {
    // Known to be suspended first: should it fail half-way, it is resumed all the same.
    suspended.putIfAbsent(generator.state(), generator);
    suspended.get(generator.state()).suspend();
  }

  @Override
  public synchronized void afterRestore() {
    TrackedRandoms.onMade(null);
    Failures<IllegalStateException> failures = new Failures<>();
    for (Generator generator : generators()) {
      suspended.putIfAbsent(generator.state(), generator);
    }
    // What fails stays suspended, and draws from the operating system until a later call.
    suspended
        .values()
        .removeIf(
            generator ->
                failures.attempt(
                    generator::resume,
                    reason ->
                        new IllegalStateException(
                            "A random generator could not be seeded: " + reason.getMessage(),
                            reason)));
    failures.throwIfAny();
  }

  /** All that are known, and those that the JDK shares among them. */
  private static List<Generator> generators() {
    List<Generator> all = new ArrayList<>(NativeGenerator.all());
    Object sha1Seeder = Sha1Generator.seeder();
    if (sha1Seeder != null) {
      all.add(new Sha1Generator(sha1Seeder));
    }
    Generator drbgSeeder = DrbgGenerator.seeder();
    if (drbgSeeder != null) {
      all.add(drbgSeeder);
    }
    TrackedRandoms.alive().stream().map(Generator::of).filter(Objects::nonNull).forEach(all::add);
    return all;
  }

  private void findUnknown() throws RefusedException, InterruptedException {
    Deadline deadline = Deadline.after(SEARCH);
    Map<String, Integer> unreached;
    try {
      unreached = RandomCensus.take(deadline);
    } catch (IllegalStateException e) {
      if (!refusesUnknown) {
        return;
      }
      throw new RefusedException(
          "SecureRandom",
          "it is not known whether all secure random generators were found: " + e.getMessage(),
          "Add the JDK's module jdk.management, or set spring.crac.jdk.unknown-random=allow",
          e);
    }
    if (!unreached.isEmpty() && refusesUnknown) {
      throw new RefusedException(
          "SecureRandom",
          "two clones would share the numbers of generators that "
              + (deadline.hasPassed()
                  ? "were not found within " + SEARCH.toSeconds() + " s: "
                  : "only a running method holds, or that are of an unknown kind: ")
              + unreached.entrySet().stream()
                  .map(entry -> entry.getValue() + " of " + entry.getKey())
                  .collect(Collectors.joining(", ")),
          "Register JdkResource before they are made, or hold them in a field; use the JDK's own"
              + " algorithms; or set spring.crac.jdk.unknown-random=allow");
    }
  }
}
