/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protocol;

import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.RestoreInfo;
import dev.cracadapters.criu.environment.RestoreEnvironment;
import dev.cracadapters.criu.policy.StaleFiles;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a script writes into the {@link Mailbox}: what became of the dump. */
public sealed interface Mail {

  /** From the dump script: there is no image, for this reason, and this process goes on. */
  record Failed(String reason) implements Mail {}

  /**
   * From the dump script: the image is in place, and this process was left running.
   *
   * @param said what each part took, which the script would have written where this process writes
   *     over it, and this process has to; null where the script has
   */
  record Imaged(CheckpointReport.Image image, @Nullable String said) implements Mail {}

  /**
   * From the restore script: this process is a restored one, and its image is whole, which need not
   * be where it was written.
   *
   * @param events the FIFO in which the script awaits an {@link Event}
   * @param lifeline the FIFO whose write end this process holds as long as it lives
   * @param counters the folder with the file of performance counters, null where there is none to
   *     put in its place
   * @param stale the files under a policy that have changed or are gone
   */
  record Restored(
      CheckpointReport.Image image,
      RestoreInfo info,
      RestoreEnvironment environment,
      Path events,
      Path lifeline,
      @Nullable Path counters,
      List<StaleFiles.StaleFile> stale)
      implements Mail {}
}
