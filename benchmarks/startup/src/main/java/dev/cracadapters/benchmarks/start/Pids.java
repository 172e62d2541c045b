/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Keeps what starts meanwhile from taking a PID that an image wants back. Thousands of processes
 * and threads are started, and the kernel begins anew at its limit, which often is 32,768: here it
 * begins anew behind the images.
 */
final class Pids {

  private static final Path LAST = Path.of("/proc/sys/kernel/ns_last_pid");
  private static final Path LIMIT = Path.of("/proc/sys/kernel/pid_max");

  private long behindImages = 0;

  /** All images that are restored from now on have been taken. */
  void imagesAreTaken() throws IOException {
    behindImages = number(LAST);
  }

  /** Called now and then. */
  void beginAnewInTime() throws IOException {
    long last = number(LAST);
    long limit = number(LIMIT);
    // Without the right, or where images are in the last quarter themselves, chance has to do.
    if (last > limit / 4 * 3 && behindImages < limit / 2 && Files.isWritable(LAST)) {
      Files.writeString(LAST, Long.toString(behindImages));
    }
  }

  private static long number(Path file) throws IOException {
    return Long.parseLong(Files.readString(file).strip());
  }
}
