/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.engine;

import dev.cracadapters.core.audit.CoveredDescriptor;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of an engine.
 *
 * @param image the folder to write to, or null when the user named none
 * @param resources the names of the resources that were stopped, for the image's manifest
 * @param descriptors the descriptors that are still open, in words, for the image's manifest
 * @param covered those of them that stay open because a descriptor policy says so
 * @param downMillis how long it took to stop everything, in milliseconds
 * @param leaveRunning whether this process goes on when its image is whole, instead of ending
 */
public record CheckpointRequest(
    @Nullable Path image,
    List<String> resources,
    List<String> descriptors,
    List<CoveredDescriptor> covered,
    long downMillis,
    boolean leaveRunning) {

  public CheckpointRequest {
    resources = List.copyOf(resources);
    descriptors = List.copyOf(descriptors);
    covered = List.copyOf(covered);
  }
}
