/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protocol;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A restored process that cannot go on. A service that nobody can reach, or that is not supervised,
 * is no service: the restore script says why, and ends this process.
 */
public final class RestoredProcess {

  /** With which the restore script ends, too, where it could not restore. */
  private static final int NOT_RESTORED = 125;

  private static final long KILL_WAIT_NANOS = TimeUnit.SECONDS.toNanos(30);

  private RestoredProcess() {}

  /**
   * Ends this process, and does not return.
   *
   * @param events where the script listens, if that is known
   */
  public static void end(Optional<Path> events, Throwable cause) {
    try {
      if (events.isPresent()) {
        report(events.get(), cause);
        long start = System.nanoTime();
        while (System.nanoTime() - start < KILL_WAIT_NANOS) {
          LockSupport.parkNanos(KILL_WAIT_NANOS);
          Thread.interrupted(); // or it would not wait
        }
      }
    } catch (IOException | RuntimeException | Error e) {
      cause.addSuppressed(e); // the script finds that this has ended
    } finally {
      Runtime.getRuntime().halt(NOT_RESTORED);
    }
  }

  private static void report(Path events, Throwable cause) throws IOException {
    Thread.interrupted(); // which would close what is opened here
    String message = cause.getMessage();
    Event.lost(cause instanceof IOException && message != null ? message : String.valueOf(cause))
        .sendTo(events);
  }
}
