/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.engine;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.SystemSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Takes no snapshot: it stops between down and up. With nothing else said it goes on at once, which
 * is what a test of the walk needs. With {@code crac.pause.file} it writes that file, containing
 * this process's PID, and goes on when somebody has deleted it: in between, something outside (a
 * container runtime, a hypervisor) can take its own snapshot. It gives the checkpoint up after
 * {@code crac.pause.timeout} (default 10 minutes of the process's own time).
 */
public final class PauseEngine implements CheckpointEngine {

  /** For {@link java.util.ServiceLoader}. */
  public PauseEngine() {}

  @Override
  public String name() {
    return "pause";
  }

  @Override
  public int rank() {
    return 0;
  }

  @Override
  public Optional<RefusedException> unavailable(CheckpointRequest request) {
    try {
      timeout(SystemSettings.below("crac.pause"));
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.of(new RefusedException("pause", "" + e.getMessage(), "Mend the setting", e));
    }
  }

  private static Duration timeout(SystemSettings settings) {
    return settings.duration("timeout", Duration.ofMinutes(10));
  }

  @Override
  public Snapshot checkpoint(CheckpointRequest request)
      throws RefusedException, InterruptedException {
    SystemSettings settings = SystemSettings.below("crac.pause");
    String file = settings.text("file", "");
    if (!file.isEmpty()) {
      waitUntilDeleted(Path.of(file), timeout(settings));
    }
    return new Snapshot(null, null);
  }

  private static void waitUntilDeleted(Path file, Duration timeout)
      throws RefusedException, InterruptedException {
    try {
      Files.writeString(file, ProcessHandle.current().pid() + "\n");
    } catch (IOException e) {
      throw new RefusedException(
          "pause file " + file,
          "it cannot be written (" + e + ")",
          "name a file in a writable folder by crac.pause.file",
          e);
    }
    boolean goneOn = false;
    try {
      goneOn = Deadline.after(timeout).await(() -> !Files.exists(file));
    } finally {
      if (!goneOn) {
        deleteQuietly(file);
      }
    }
    if (!goneOn) {
      throw new RefusedException(
          "pause file " + file,
          "nobody deleted it within " + timeout.toMillis() + " ms",
          "delete it once the outside snapshot is taken, or raise crac.pause.timeout");
    }
  }

  private static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // The refusal that is on its way says what matters; a leftover ready file only misleads a
      // reader.
      file.toFile().deleteOnExit();
    }
  }
}
