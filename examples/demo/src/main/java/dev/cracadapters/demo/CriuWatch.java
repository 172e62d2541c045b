/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Sees when a restore starts CRIU, by a look at the processes below it once in a millisecond, until
 * then. The restore itself does nothing for it.
 */
final class CriuWatch implements AutoCloseable {

  private static final long LOOK = 1_000_000;

  private final Service restore;
  private final Thread thread = new Thread(this::watch, "CRIU watch");
  private volatile boolean stopped;
  private volatile long nanos = -1;

  private CriuWatch(Service restore) {
    this.restore = restore;
  }

  static CriuWatch start(Service restore) {
    CriuWatch watch = new CriuWatch(restore);
    watch.thread.setDaemon(true);
    watch.thread.start();
    return watch;
  }

  private void watch() {
    while (!stopped && restore.isAlive()) {
      if (isAnyCriu()) {
        nanos = System.nanoTime() - restore.startedNanos();
        return;
      }
      LockSupport.parkNanos(LOOK);
    }
  }

  private boolean isAnyCriu() {
    Deque<String> pids = new ArrayDeque<>(List.of(Long.toString(restore.pid())));
    while (!pids.isEmpty()) {
      String pid = pids.remove();
      if (isCriu(read(pid, "cmdline").split("\0"))) {
        return true;
      }
      for (String child : read(pid, "task/" + pid + "/children").split(" ")) {
        if (!child.isBlank()) {
          pids.add(child);
        }
      }
    }
    return false;
  }

  /**
   * Also the script that starts CRIU with a C library of its own, but not those on the way to it.
   */
  static boolean isCriu(String... command) {
    List<String> words = List.of(command);
    int restore = words.indexOf("restore");
    return restore > 0
        && words.get(restore - 1).endsWith("criu")
        && words.contains("--images-dir")
        && !words.get(0).endsWith("unshare")
        && !words.get(1).equals("-c");
  }

  private static String read(String pid, String file) {
    try {
      return Files.readString(Path.of("/proc", pid, file), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return ""; // it has ended
    }
  }

  /** Milliseconds from the start of the restore until CRIU's, less than 0 where it was not seen. */
  double millis() {
    return nanos < 0 ? -1 : nanos / 1e6;
  }

  @Override
  public void close() {
    stopped = true;
  }
}
