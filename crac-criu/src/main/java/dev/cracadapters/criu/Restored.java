/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu;

import dev.cracadapters.core.RestoreInfo;
import java.nio.file.Path;
import java.util.List;

/**
 * What the restore script told.
 *
 * @param info for the application
 * @param image the folder it was restored from, which need not be where the image was written
 * @param bytes the image's size
 * @param events the FIFO in which the script hears that the process is up
 * @param lifeline the FIFO whose write end this process is to hold
 * @param stale the files under a policy that are not as they were: descriptor, reason and path,
 *     with colons between them
 */
record Restored(
    RestoreInfo info, Path image, long bytes, Path events, Path lifeline, List<String> stale) {}
