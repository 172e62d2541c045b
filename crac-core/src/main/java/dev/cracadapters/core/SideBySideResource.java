/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import java.util.List;

/**
 * A resource that goes down at the same time as the others of its kind, and comes back at the same
 * time as they do: one that spends its time waiting, or that cannot be done before the others are.
 *
 * <p>The resources of one class and one phase are a group, at the place of the first of them in the
 * order of the walk. A resource that is registered twice is in two groups, one after the other.
 *
 * <p><b>At a checkpoint</b> each one is told of its group by {@link #goesDownWith}, one after the
 * other. When all have been told, {@link #beforeCheckpoint} is called on all of them, each on a
 * thread of its own and with the whole resource timeout. The walk goes on when all of them have
 * ended. <b>At a restore</b>, and after a checkpoint that failed, {@link #afterRestore} is called
 * on all of them in the same way.
 *
 * <p><b>On failure</b> each one fails by itself, with its own name and its own thread's stack; the
 * others are not ended by the walk. One that wants to end with another has to see to that itself.
 * An interrupt of the thread that takes the checkpoint ends all of them.
 */
public interface SideBySideResource extends PhasedResource {

  /**
   * Called before each checkpoint, before {@link #beforeCheckpoint} is called on any of the group.
   * It counts as a part of the way down: where it throws or passes its deadline, that is the
   * failure of this resource. Then {@code beforeCheckpoint} is called on the others only, {@code
   * afterRestore} on all.
   *
   * @param group all of the group, this resource too, in the order of the walk; all of them are of
   *     this resource's class, and each gets the same list
   * @throws Exception if the resource cannot go down
   */
  void goesDownWith(List<? extends SideBySideResource> group) throws Exception;
}
