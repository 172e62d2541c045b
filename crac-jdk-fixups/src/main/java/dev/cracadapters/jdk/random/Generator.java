/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.random;

import java.security.SecureRandomSpi;
import org.jspecify.annotations.Nullable;

/**
 * A random generator whose numbers follow from a state in memory, which a snapshot would copy.
 *
 * <p>Between {@link #suspend} and {@link #resume} it still serves everybody, but each number comes
 * from the operating system. That leaves no gap: other threads run on before our first line after a
 * restore does, and what they take is already different in each clone.
 */
interface Generator {

  /** The object that holds the state; two generators with the same one are the same. */
  Object state();

  /** Forgets the state; until {@link #resume} every number is drawn from the operating system. */
  void suspend();

  /** Gives the generator a state of its own again, seeded by the operating system. */
  void resume();

  /** False when two clones may still share numbers, because the class may ignore a seed. */
  default boolean isSure() {
    return true;
  }

  /** How an object that holds a state forgets it, or null when it is no random generator. */
  static @Nullable Generator of(Object holder) {
    Class<?> type = holder.getClass();
    if (type == DrbgGenerator.TYPE) {
      return DrbgGenerator.of(holder);
    }
    if (type == Sha1Generator.TYPE) {
      return new Sha1Generator(holder);
    }
    if (type.getName().equals(BouncyCastleGenerator.CLASS_NAME)) {
      return new BouncyCastleGenerator(holder);
    }
    return holder instanceof SecureRandomSpi spi ? new ForeignGenerator(spi) : null;
  }
}
