/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import dev.cracadapters.core.audit.Descriptor;
import dev.cracadapters.core.audit.DescriptorOwner;
import java.util.Optional;
import org.crac.CheckpointException;

/**
 * A resource that has a say in the descriptor audit, for a library that goes on living while the
 * checkpoint is under way or that others extend: it may have opened something since its {@code
 * beforeCheckpoint}, and it may know whose a descriptor is that it cannot close.
 *
 * <p>A registered resource of this type need not be given to {@link
 * CheckpointCoordinator#explainDescriptorsBy}. On a CRaC JDK, whose own audit takes the place of
 * this project's, neither method is called.
 */
public interface AuditedResource extends PhasedResource, DescriptorOwner {

  /**
   * Called when all resources are down, right before the descriptors are looked at: the last moment
   * to let go of what was opened since {@link #beforeCheckpoint}. Not called where a resource
   * refused. The coordinator sets no limit; it has to end soon.
   *
   * @throws CheckpointException if something stays open that is in the way of the snapshot
   * @throws InterruptedException if the checkpoint is to be given up
   */
  default void beforeAudit() throws CheckpointException, InterruptedException {}

  /**
   * Asked for each descriptor that the audit refuses, before those who were named to {@link
   * CheckpointCoordinator#explainDescriptorsBy}.
   *
   * @param descriptor the descriptor in the way
   * @return as {@link DescriptorOwner#mend}
   */
  @Override
  Optional<String> mend(Descriptor descriptor);
}
