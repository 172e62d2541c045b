/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.crac;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.support.Failures;
import java.util.List;

/** The way in for {@code org.crac}. */
public final class Core {

  private static final Context<Resource> GLOBAL = new Context<>();

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
      CheckpointCoordinator.global().checkpointOnStockJdk(new WholeContext());
    } catch (org.crac.CheckpointException e) {
      throw Failures.carry(new CheckpointException(), Failures.carriedBy(e));
    } catch (org.crac.RestoreException e) {
      throw Failures.carry(new RestoreException(), Failures.carriedBy(e));
    }
  }

  /** The global context as one resource of the coordinator's. */
  private static final class WholeContext implements org.crac.Resource {

    @Override
    public void beforeCheckpoint(org.crac.Context<? extends org.crac.Resource> context)
        throws org.crac.CheckpointException {
      List<Throwable> failures = GLOBAL.beforeCheckpoint();
      if (!failures.isEmpty()) {
        throw Failures.carry(new org.crac.CheckpointException(), failures);
      }
    }

    @Override
    public void afterRestore(org.crac.Context<? extends org.crac.Resource> context)
        throws org.crac.RestoreException {
      List<Throwable> failures = GLOBAL.afterRestore();
      if (!failures.isEmpty()) {
        throw Failures.carry(new org.crac.RestoreException(), failures);
      }
    }
  }
}
