/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.engine;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.audit.CoveredDescriptor;
import java.util.Optional;

/**
 * A way to take a snapshot of this process. Found by {@link java.util.ServiceLoader}.
 *
 * <p>The coordinator asks {@link #unavailable} before it stops anything, and calls {@link
 * #checkpoint} when everything is down.
 */
public interface CheckpointEngine {

  /**
   * {@return the name that {@code crac.engine} chooses it by, in lower case, for example {@code
   * criu}}
   */
  String name();

  /**
   * {@return where this engine stands when {@code crac.engine} is {@code auto}: the engine with the
   * highest rank takes the snapshot, or refuses to where it is unavailable} The pause engine's is
   * 0, or 1000 where something outside takes the snapshot.
   */
  int rank();

  /**
   * {@return why this engine cannot take a snapshot here and now, and what the user can do; empty
   * when it can} Asked before anything is stopped: whatever can be found out without stopping the
   * application belongs here.
   *
   * @param request what would be asked of it
   */
  Optional<RefusedException> unavailable(CheckpointRequest request);

  /**
   * {@return why this engine cannot do what a descriptor policy leaves to it, as a clause ("CRIU
   * cannot dump io_uring"), empty when it can and by default} Asked when everything is down, for
   * each descriptor that stays open because of a policy, before {@link #checkpoint}.
   *
   * @param covered the descriptor, and whether it is to be ignored or to work after a restore
   */
  default Optional<String> cannotKeep(CoveredDescriptor covered) {
    return Optional.empty();
  }

  /**
   * {@return whether the application's threads are suspended while {@link #checkpoint} runs, and in
   * a restored process until the phase {@code JDK} is up} Not by default: the engine must then need
   * none of them, and must say by {@link dev.cracadapters.core.WalkThreads#pauseBegins} when it
   * waits for somebody outside. Where it does not, and nothing moves for three seconds, they go on.
   */
  default boolean holdsThreads() {
    return false;
  }

  /**
   * {@return whether {@code crac.rehearse=auto} rehearses a checkpoint that ends this process} Not
   * by default: an engine says so where the process comes up later, as often as it is restored, and
   * nobody waits for this one.
   */
  default boolean isWorthRehearsing() {
    return false;
  }

  /**
   * Called in a rehearsal in place of {@link #checkpoint}, when everything is down: runs what of
   * the engine's own code follows a restore alone, as far as that has no effect. What it throws
   * refuses the checkpoint. Does nothing by default.
   *
   * @throws Exception if a restored process could not come up either
   */
  default void rehearse() throws Exception {}

  /**
   * Takes the snapshot and returns in the restored process. It returns once for every restore, each
   * time in another process; where it was asked to leave the process running, in the original
   * process as well, with an image and no restore.
   *
   * @param request what is asked of it
   * @return what is known about the restore
   * @throws RefusedException in the original process when no snapshot was taken; nothing of it is
   *     left behind
   * @throws InterruptedException in the original process when the thread was interrupted; no
   *     snapshot was taken
   */
  Snapshot checkpoint(CheckpointRequest request) throws RefusedException, InterruptedException;

  /**
   * Told when every resource is back up, in the original process or in the restored one, however
   * the checkpoint ended, also where {@link #checkpoint} was never called.
   */
  default void backUp() {}
}
