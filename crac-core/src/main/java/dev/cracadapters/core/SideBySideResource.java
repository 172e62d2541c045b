/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

/**
 * A resource that goes down at the same time as the others of its kind, and comes back at the same
 * time as they do: one that spends its time waiting, or that cannot be done before the others are.
 *
 * <p>The resources of one class and one phase are a group, at the place of the first of them in the
 * order of the walk. Those that a {@link ResourceFinder} finds join it. A resource that is
 * registered twice is in two groups, one after the other.
 *
 * <p><b>At a checkpoint</b> each one gets its group by {@link #goesDownWith}, one after the other.
 * Then {@link #beforeCheckpoint} is called on all of them, each on a thread of its own and with the
 * whole resource timeout. The walk goes on when all of them have ended. <b>At a restore</b>, and
 * after a checkpoint that failed, {@link #afterRestore} is called on all of them in the same way.
 *
 * <p><b>On failure</b> each one fails by itself, with its own name and its own thread's stack; the
 * walk does not end the others. One that wants to end with another has to see to that itself. An
 * interrupt of the thread that takes the checkpoint ends all of them.
 */
public interface SideBySideResource extends PhasedResource {

  /**
   * Called before each checkpoint, before {@link #beforeCheckpoint} is called on any of the group.
   * It counts as a part of the way down: where it throws or passes its deadline, that is the
   * failure of this resource. Then {@code beforeCheckpoint} is called on the others only, {@code
   * afterRestore} on all.
   *
   * @param group this walk's, with this resource in it; all members are of this resource's class
   * @throws Exception if the resource cannot go down
   */
  void goesDownWith(SideBySideGroup group) throws Exception;
}
