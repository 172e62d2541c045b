/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.memory;

import dev.cracadapters.core.Deadline;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The threads of the just-in-time compilers. Right after a start under load they are behind, and
 * use tens of megabytes of working memory, which they free when they have caught up.
 */
final class CompilerThreads {

  private static final Path TASKS = Path.of("/proc/self/task");
  private static final long WINDOW_NANOS = 60_000_000;

  private CompilerThreads() {}

  /** Waits until they do next to nothing, or time is up. */
  static void awaitQuiet(Duration longest) throws InterruptedException {
    long[] last = {nanosOnCpu(), System.nanoTime()};
    Deadline.after(longest)
        .await(
            () -> {
              long window = System.nanoTime() - last[1];
              if (window < WINDOW_NANOS) {
                return false;
              }
              long now = nanosOnCpu();
              boolean quiet = now - last[0] < window / 10;
              last[0] = now;
              last[1] = System.nanoTime();
              return quiet;
            });
  }

  /** What they have used so far; 0 where the kernel does not count it. */
  static long nanosOnCpu() {
    long sum = 0;
    try (DirectoryStream<Path> tasks = Files.newDirectoryStream(TASKS)) {
      for (Path task : tasks) {
        sum += nanosOnCpu(task);
      }
    } catch (IOException e) {
      return 0;
    }
    return sum;
  }

  private static long nanosOnCpu(Path task) {
    try {
      // The kernel keeps 15 letters of "C2 CompilerThread0".
      return Files.readString(task.resolve("comm")).matches("C[12] CompilerThre\\s*")
          ? Long.parseLong(Files.readString(task.resolve("schedstat")).split(" ")[0])
          : 0;
    } catch (IOException e) {
      return 0; // it has just ended
    }
  }
}
