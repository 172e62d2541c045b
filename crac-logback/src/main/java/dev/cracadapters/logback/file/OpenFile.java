/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel says of a descriptor of this process.
 *
 * @param target a path, or what the kernel calls it
 * @param regular whether it is a file that still has its name
 * @param appending whether it was opened for appending, so that opening it in the same way again
 *     keeps what is in it
 */
record OpenFile(String target, boolean regular, boolean appending) {

  private static final int O_APPEND = 02000;

  /** Null where the system does not show it, or it has been closed. */
  static @Nullable OpenFile of(int descriptor) {
    Path link = Path.of("/proc/self/fd/" + descriptor);
    try {
      String target = Files.readSymbolicLink(link).toString();
      boolean regular = target.startsWith("/") && Files.isRegularFile(Path.of(target));
      return new OpenFile(target, regular, (flags(descriptor) & O_APPEND) != 0);
    } catch (IOException e) {
      return null;
    }
  }

  Path path() {
    return Path.of(target);
  }

  private static int flags(int descriptor) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/fdinfo/" + descriptor))) {
      if (line.startsWith("flags:")) {
        return Integer.parseInt(line.substring("flags:".length()).strip(), 8);
      }
    }
    return 0;
  }
}
