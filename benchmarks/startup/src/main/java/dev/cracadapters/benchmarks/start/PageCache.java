/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Has the kernel forget what it has read of files. */
final class PageCache {

  /** What a JDK's folder has beside what a JVM reads. */
  private static final Set<String> UNREAD = Set.of("include", "jmods", "legal", "man", "src.zip");

  private PageCache() {}

  /** All of the machine's; root may do that. */
  static void dropAll() throws IOException, InterruptedException {
    run(List.of("sync"));
    Files.writeString(Path.of("/proc/sys/vm/drop_caches"), "3\n");
  }

  /**
   * Those files alone, and all files below those folders. What another process has mapped stays,
   * such as the library of a JVM that runs.
   */
  static void drop(Collection<Path> roots) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "sh",
                "-c",
                "for file; do dd if=\"$file\" iflag=nocache count=0 2> /dev/null; done",
                "drop"));
    for (Path root : roots) {
      Path real = root.toRealPath();
      try (Stream<Path> files = Files.walk(real)) {
        files
            .filter(Files::isRegularFile)
            .filter(file -> !UNREAD.contains(real.relativize(file).getName(0).toString()))
            .map(Path::toString)
            .forEach(command::add);
      }
    }
    run(List.of("sync")); // what is not on the disk yet cannot be forgotten
    run(command);
  }

  private static void run(List<String> command) throws IOException, InterruptedException {
    int status = new ProcessBuilder(command).inheritIO().start().waitFor();
    if (status != 0) {
      throw new IOException(command.get(0) + " ended with " + status);
    }
  }
}
