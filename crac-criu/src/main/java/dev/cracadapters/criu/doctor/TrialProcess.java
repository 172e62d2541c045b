/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.doctor;

import dev.cracadapters.core.CheckpointCoordinator;
import org.crac.CheckpointException;
import org.crac.RestoreException;

/** The small JVM of a {@link Trial}: it asks for its own checkpoint, and ends when it is back. */
final class TrialProcess {

  private TrialProcess() {}

  /** Prints when it asks, and when it is back, in milliseconds of the epoch. */
  public static void main(String[] arguments) {
    CheckpointCoordinator coordinator = CheckpointCoordinator.global();
    System.out.println(System.currentTimeMillis());
    try {
      coordinator.checkpoint();
    } catch (CheckpointException | RestoreException e) {
      for (Throwable reason : e.getSuppressed()) {
        System.err.println(reason.getMessage());
      }
      System.exit(1);
    }
    System.out.println(System.currentTimeMillis());
    System.exit(0);
  }
}
