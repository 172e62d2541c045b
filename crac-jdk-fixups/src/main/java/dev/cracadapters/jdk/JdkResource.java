/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk;

import dev.cracadapters.core.Phase;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.Failures;
import dev.cracadapters.jdk.JdkSettings.UnknownRandom;
import dev.cracadapters.jdk.fixup.AddressCache;
import dev.cracadapters.jdk.fixup.DefaultKeys;
import dev.cracadapters.jdk.fixup.Fixup;
import dev.cracadapters.jdk.fixup.Processors;
import dev.cracadapters.jdk.random.SecureRandoms;
import dev.cracadapters.jdk.random.SharedSeeds;
import dev.cracadapters.jdk.random.ThreadSeeds;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.crac.Context;
import org.crac.Resource;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's own part in a checkpoint.
 *
 * <p><b>Before a checkpoint</b> every {@code SecureRandom} forgets its state, so that the image
 * holds none; until the restore each number comes straight from the operating system. The
 * generators that are alive are counted. Those made before this resource are searched for; where
 * some cannot be found, the checkpoint is refused (a clone that shares secrets is worse than no
 * clone).
 *
 * <p><b>After a restore</b> every {@code SecureRandom} (and so {@code UUID.randomUUID()}), the
 * {@code ThreadLocalRandom} of every thread, {@code Math.random()}, {@code Collections.shuffle} and
 * the seeds of new {@code Random} and {@code SplittableRandom} objects start from what the
 * operating system gives. The default TLS context reads its key store and trust store again if they
 * have changed, and looked-up host names are forgotten. Where the number of processors is another,
 * the common {@code ForkJoinPool} and the carriers of virtual threads follow it.
 *
 * <p><b>When it fails</b>, before: with a {@link RefusedException}, and the generators serve on.
 * After: all that can be seeded is seeded, then an {@link IllegalStateException} names what could
 * not; calling again tries again.
 *
 * <p>It should be made as early as possible: it takes note of generators as they are made. Nothing
 * is put between an application and its generators.
 */
public final class JdkResource implements PhasedResource {

  private final List<Fixup> fixups;

  private JdkResource(List<Fixup> fixups) {
    this.fixups = fixups;
  }

  /**
   * {@return a resource with the settings of the system properties {@code crac.jdk.*}} It is not
   * registered yet, and takes note of generators from now on.
   *
   * @throws IllegalArgumentException if a property cannot be read
   */
  public static JdkResource of() {
    return of(JdkSettings.fromSystemProperties());
  }

  /**
   * {@return a resource with settings} It is not registered yet, and takes note of generators from
   * now on.
   */
  public static JdkResource of(JdkSettings settings) {
    List<Fixup> fixups = new ArrayList<>();
    if (settings.random()) {
      boolean refuses = settings.unknownRandom() == UnknownRandom.REFUSE;
      add(fixups, () -> new SecureRandoms(refuses));
      add(fixups, SharedSeeds::new);
      add(fixups, ThreadSeeds::new);
    }
    if (settings.keyStores()) {
      add(fixups, DefaultKeys::new);
    }
    if (settings.addressCache()) {
      add(fixups, AddressCache::new);
    }
    add(fixups, Processors::new);
    return new JdkResource(List.copyOf(fixups));
  }

  private static void add(List<Fixup> fixups, Supplier<Fixup> fixup) {
    Fixup made;
    try {
      made = fixup.get();
    } catch (IllegalStateException | LinkageError e) {
      // The application shall start; it is the checkpoint that cannot be taken.
      made = new Unavailable(e);
    }
    fixups.add(made);
  }

  @Override
  public String name() {
    return "jdk";
  }

  @Override
  public int phase() {
    return Phase.JDK;
  }

  /**
   * Lets the random generators forget their states.
   *
   * @throws RefusedException if there is a secure random generator that cannot be reached, or this
   *     JDK keeps its generators in an unknown way
   */
  @Override
  public void beforeCheckpoint(@Nullable Context<? extends Resource> context) throws Exception {
    // The generators last: what comes before may still use them.
    for (int i = fixups.size() - 1; i >= 0; i--) {
      try {
        fixups.get(i).beforeCheckpoint();
      } catch (IllegalStateException | LinkageError e) {
        throw Unavailable.refusal(e);
      }
    }
  }

  /** Seeds the random generators, then reads again what may have changed. */
  @Override
  public void afterRestore(@Nullable Context<? extends Resource> context) {
    Failures<IllegalStateException> failures = new Failures<>();
    for (Fixup fixup : fixups) {
      failures.attempt(
          fixup::afterRestore,
          reason ->
              new IllegalStateException(
                  "The JDK could not be brought up to date: " + reason.getMessage(), reason));
    }
    failures.throwIfAny();
  }

  /** Stands for something that this JDK does not let us do. */
  private record Unavailable(Throwable reason) implements Fixup {

    @Override
    public void beforeCheckpoint() throws RefusedException {
      throw refusal(reason);
    }

    @Override
    public void afterRestore() {
      // No checkpoint has been taken.
    }

    static RefusedException refusal(Throwable reason) {
      return new RefusedException(
          "jdk",
          reason instanceof ExceptionInInitializerError && reason.getCause() != null
              ? String.valueOf(reason.getCause().getMessage())
              : String.valueOf(reason.getMessage()),
          "JDK 17 to 25 with the module jdk.unsupported are supported; spring.crac.jdk.random,"
              + " .key-stores and .address-cache switch the parts off",
          reason);
    }
  }
}
