/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.hold;

import java.util.Set;

/** A way to stop threads where they are. An object is for one hold. */
interface Suspension extends AutoCloseable {

  /** {@return those of them that stand still now and did not before} They are platform threads. */
  Set<Thread> suspend(Set<Thread> threads);

  /** Lets threads go on that {@link #suspend} has returned. */
  void resume(Set<Thread> threads);

  /** Stops all virtual threads, those that start later included. Where there are none, nothing. */
  void suspendVirtual();

  /** Lets all virtual threads go on. */
  void resumeVirtual();

  /** Gives back what it took of the JVM. */
  @Override
  void close();

  /**
   * {@return what this JDK has}
   *
   * @throws UnsupportedOperationException if it has nothing; the message says why, as a clause
   */
  static Suspension ofThisJdk() {
    return Runtime.version().feature() < 20 ? new ThreadSuspend() : new JvmToolInterface();
  }
}
