/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk;

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
}
