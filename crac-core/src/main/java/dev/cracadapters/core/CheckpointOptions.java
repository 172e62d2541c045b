/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What one checkpoint is to do otherwise than the settings say.
 *
 * @param image the folder to write to, or null for the one of the settings
 * @param leaveRunning whether the process goes on when its image is whole, instead of ending; or
 *     null for what {@code crac.leave-running} says (default false)
 */
public record CheckpointOptions(@Nullable Path image, @Nullable Boolean leaveRunning) {

  /** As the settings say. */
  public static final CheckpointOptions NONE = new CheckpointOptions(null, null);

  @Nullable Path image(CoordinatorSettings settings) {
    return image != null ? image : settings.image();
  }

  /**
   * {@return whether the process goes on when its image is whole: as asked, else as {@code
   * crac.leave-running} says}
   *
   * @throws IllegalArgumentException if that system property cannot be read
   */
  public boolean leavesRunning() {
    return leaveRunning != null
        ? leaveRunning
        : SystemSettings.below("crac").flag("leave-running", false);
  }
}
