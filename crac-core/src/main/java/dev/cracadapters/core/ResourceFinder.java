/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import java.util.List;

/**
 * A resource that finds others at each checkpoint: those that nobody could register before, since
 * they are made and given up while the application runs.
 *
 * <p>What it finds takes part in this walk only. It joins the {@linkplain SideBySideGroup group} of
 * its class if there is one, and stands before the finder otherwise: the finder itself is stopped
 * after what it found, and comes back before it. The report counts the time of what was found as
 * the finder's; a failure has the name of the resource that failed.
 */
public interface ResourceFinder extends PhasedResource {

  /**
   * Called before any resource of this finder's phase is stopped. It counts as a part of the way
   * down: where it throws or passes its deadline, that is the failure of the finder, and nothing
   * was found.
   *
   * @return resources of this finder's phase that are not registered
   * @throws Exception if they cannot be looked for
   */
  List<? extends SideBySideResource> findResources() throws Exception;
}
