/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import dev.cracadapters.core.audit.DescriptorOwner;
import org.crac.CheckpointException;

/**
 * A resource that takes part in the descriptor audit, for a library that goes on working during the
 * checkpoint or that others extend. It may have opened something since its {@code
 * beforeCheckpoint}, and it may know whose a descriptor is that it cannot close.
 *
 * <p>A registered resource of this type is asked for remedies before those that were given to
 * {@link CheckpointCoordinator#explainDescriptorsBy}, and need not be given to it. On a CRaC JDK,
 * whose own audit takes the place of this project's, none of its audit methods is called.
 */
public interface AuditedResource extends PhasedResource, DescriptorOwner {

  /**
   * Called when all resources are down, right before the descriptors are looked at: the last moment
   * to let go of what was opened since {@link #beforeCheckpoint}. Not called where a resource
   * refused. The coordinator sets no limit: it must return soon.
   *
   * @throws CheckpointException if something stays open that is in the way of the snapshot
   * @throws InterruptedException if the checkpoint is to be given up
   */
  default void beforeAudit() throws CheckpointException, InterruptedException {}
}
