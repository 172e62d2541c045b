/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protocol;

import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.RestoreInfo;
import dev.cracadapters.criu.environment.World;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the restore script told; or the dump script, in a process that was left running: that knows
 * the image alone.
 *
 * @param info for the application
 * @param world what is different for this process from now on
 * @param image the folder it was restored from, which need not be where the image was written
 * @param bytes the image's size
 * @param parts what the dump script took to write the image, part by part
 * @param events the FIFO in which the script hears that the process is up
 * @param lifeline the FIFO whose write end this process is to hold
 * @param stale the files under a policy that are not as they were: descriptor, reason and path,
 *     with colons between them
 */
public record Restored(
    @Nullable RestoreInfo info,
    @Nullable World world,
    Path image,
    long bytes,
    List<CheckpointReport.Part> parts,
    @Nullable Path events,
    @Nullable Path lifeline,
    List<String> stale) {

  static Restored leftRunning(Path image, long bytes, List<CheckpointReport.Part> parts) {
    return new Restored(null, null, image, bytes, parts, null, null, List.of());
  }
}
