/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.crac;

import dev.cracadapters.core.CheckpointCoordinator;
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
    try {
      CheckpointCoordinator.global().checkpointOnStockJdk(new WholeContext());
    } catch (org.crac.CheckpointException e) {
      CheckpointException mirrored = new CheckpointException();
      causes(e).forEach(mirrored::addSuppressed);
      throw mirrored;
    } catch (org.crac.RestoreException e) {
      RestoreException mirrored = new RestoreException();
      causes(e).forEach(mirrored::addSuppressed);
      throw mirrored;
    }
  }

  // org.crac throws away the message of what is thrown here and keeps the suppressed exceptions
  // alone.
  private static List<Throwable> causes(Exception e) {
    return e.getSuppressed().length > 0 ? List.of(e.getSuppressed()) : List.of(e);
  }

  /** The global context as one resource of the coordinator's. */
  private static final class WholeContext implements org.crac.Resource {

    @Override
    public void beforeCheckpoint(org.crac.Context<? extends org.crac.Resource> context)
        throws org.crac.CheckpointException {
      List<Throwable> failures = GLOBAL.beforeCheckpoint();
      if (!failures.isEmpty()) {
        org.crac.CheckpointException exception = new org.crac.CheckpointException();
        failures.forEach(exception::addSuppressed);
        throw exception;
      }
    }

    @Override
    public void afterRestore(org.crac.Context<? extends org.crac.Resource> context)
        throws org.crac.RestoreException {
      List<Throwable> failures = GLOBAL.afterRestore();
      if (!failures.isEmpty()) {
        org.crac.RestoreException exception = new org.crac.RestoreException();
        failures.forEach(exception::addSuppressed);
        throw exception;
      }
    }
  }
}
