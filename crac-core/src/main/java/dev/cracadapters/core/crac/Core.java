/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.crac;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointSignal;
import dev.cracadapters.core.support.Failures;

/** The way in for {@code org.crac}. */
public final class Core {

  private static final Context<Resource> GLOBAL = new Context<>();

  static {
    // The first of this module that runs where an application uses org.crac alone.
    CheckpointSignal.installIfReadable();
  }

  private Core() {}

  /** {@return the global context, always the same one} */
  public static Context<Resource> getGlobalContext() {
    return GLOBAL;
  }

  /**
   * Takes a checkpoint and returns in the restored process.
   *
   * @throws CheckpointException if no snapshot was taken
   * @throws RestoreException if something could not be brought back
   */
  public static void checkpointRestore() throws CheckpointException, RestoreException {
    // org.crac throws away the message of what is thrown here and keeps the suppressed exceptions.
    try {
      CheckpointCoordinator.global().checkpointOnStockJdk(GLOBAL::live);
    } catch (org.crac.CheckpointException e) {
      throw Failures.carry(new CheckpointException(), Failures.carriedBy(e));
    } catch (org.crac.RestoreException e) {
      throw Failures.carry(new RestoreException(), Failures.carriedBy(e));
    }
  }
}
