/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.engine;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.WalkThreads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Takes no snapshot: it stops between down and up. With nothing else said it goes on at once, which
 * is what a test of the walk needs.
 *
 * <p>With {@code crac.pause=external} something outside takes the snapshot: CRIU started by hand, a
 * container runtime, a hypervisor; {@code crac.engine=auto} then chooses this engine. <b>At a
 * checkpoint</b> this engine writes {@code crac.pause.ready-file} (default {@code crac-PID.ready}
 * in the folder for temporary files), with the PID, the time and how to go on, and waits, holding
 * nothing open. It goes on by the signal {@code crac.pause.signal} (default {@code CONT}; {@code
 * none}); when {@code crac.pause.go-file} appears; without a go file, when somebody deletes the
 * ready file or the process sees by itself that it was restored. The ready file is gone when
 * everything is back up.
 *
 * <p>The application's threads are suspended from then until the phase {@code JDK} is up, unless
 * {@code crac.pause.hold-threads} is {@code false}: where a thread of this process ends the pause.
 *
 * <p><b>At a restore</b> {@link dev.cracadapters.core.RestoreInfo} is there where the kernel shows
 * that this is another process than the one that paused, as after CRIU, or the go file said
 * anything. It then has the environment of the checkpoint with that of the go file on top, and the
 * instance ID of the go file or a new one from the kernel. A process that merely went on has none.
 *
 * <p><b>On failure</b>, when nobody came within {@code crac.pause.timeout} (default 10 minutes of
 * the process's own time, 0 for never), the checkpoint is refused and everything comes back. A
 * restored process comes back in any case.
 *
 * <p>The short form {@code crac.pause.file} writes that file, containing this process's PID, and
 * goes on when somebody has deleted it; no restore is told.
 */
public final class PauseEngine implements CheckpointEngine {

  /** Above every engine that takes a snapshot: something outside shall take it. */
  private static final int ASKED_FOR = 1000;

  private @Nullable Path ready;

  @Override
  public String name() {
    return "pause";
  }

  @Override
  public int rank() {
    return PauseSettings.isAskedFor() ? ASKED_FOR : 0;
  }

  @Override
  public Optional<RefusedException> unavailable(CheckpointRequest request) {
    try {
      PauseSettings settings = PauseSettings.fromSystemProperties();
      return settings.external() ? new ExternalPause(settings).unavailable() : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.of(
          new RefusedException("pause", "" + e.getMessage(), "Correct the setting", e));
    }
  }

  /** Where something outside takes a snapshot: nobody inside has to end the pause. */
  @Override
  public boolean holdsThreads() {
    PauseSettings settings = PauseSettings.fromSystemProperties();
    return settings.external() && settings.holdThreads();
  }

  @Override
  public Snapshot checkpoint(CheckpointRequest request)
      throws RefusedException, InterruptedException {
    PauseSettings settings = PauseSettings.fromSystemProperties();
    if (settings.external()) {
      ready = settings.readyFile();
      return new ExternalPause(settings).await();
    }
    if (settings.file() != null) {
      waitUntilDeleted(settings.file(), settings.timeout());
    }
    return new Snapshot(null, null);
  }

  @Override
  public void backUp() {
    if (ready != null) {
      deleteQuietly(ready);
    }
  }

  private static void waitUntilDeleted(Path file, Duration timeout)
      throws RefusedException, InterruptedException {
    try {
      ReadyFile.write(file, ProcessHandle.current().pid() + "\n");
    } catch (IOException e) {
      throw new RefusedException(
          "pause file " + file,
          "it cannot be written (" + e + ")",
          "name a file in a writable folder by crac.pause.file",
          e);
    }
    boolean goneOn = false;
    WalkThreads.pauseBegins();
    try {
      goneOn = Deadline.after(timeout).await(() -> !Files.exists(file));
    } finally {
      WalkThreads.pauseEnds();
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
