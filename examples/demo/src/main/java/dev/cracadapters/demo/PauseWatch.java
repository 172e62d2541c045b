/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Looks, from the server's side, how many database sessions the service has while it is down for
 * its snapshot but still there: from the moment in which the engine begins until the process has
 * ended or goes on.
 */
final class PauseWatch implements AutoCloseable {

  private final Database database;
  private final Path image;
  private final Path pauseFile;
  private final Thread thread = new Thread(this::watch, "pause watch");
  private volatile boolean stopped;
  private volatile int most = -1;
  private volatile int looks;

  private PauseWatch(Database database, Path image, Path pauseFile) {
    this.database = database;
    this.image = image;
    this.pauseFile = pauseFile;
  }

  static PauseWatch start(Database database, Path image, Path pauseFile) {
    PauseWatch watch = new PauseWatch(database, image, pauseFile);
    watch.thread.start();
    return watch;
  }

  private void watch() {
    while (!stopped) {
      if (engineIsAtWork()) {
        int sessions = database.sessions();
        // Still at work: what was counted was counted in the pause.
        if (engineIsAtWork()) {
          most = Math.max(most, sessions);
          looks++;
        }
      } else {
        Thread.onSpinWait();
      }
    }
  }

  private boolean engineIsAtWork() {
    if (Files.exists(pauseFile)) {
      return true;
    }
    if (!Files.isDirectory(image)) {
      return false;
    }
    try (DirectoryStream<Path> staging = Files.newDirectoryStream(image, ".new-*")) {
      return staging.iterator().hasNext();
    } catch (NoSuchFileException e) {
      return false; // made to see whether it can be, and removed again
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The most sessions that were seen, -1 when the pause was not seen. */
  int mostSessions() {
    return most;
  }

  int looks() {
    return looks;
  }

  @Override
  public void close() {
    stopped = true;
    try {
      thread.join(60_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
