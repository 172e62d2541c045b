/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import dev.cracadapters.core.support.Proc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel says of a descriptor of this process.
 *
 * @param target a path, or what the kernel calls it
 * @param isRegular whether it is a file that still has its name
 * @param isAppending whether it was opened for appending, so that opening it in the same way again
 *     keeps what is in it
 */
record OpenFile(String target, boolean isRegular, boolean isAppending) {

  /** Null where the system does not show it, or it has been closed. */
  static @Nullable OpenFile of(int descriptor) {
    String target = Proc.self().target(descriptor).orElse(null);
    try {
      return target == null
          ? null
          : new OpenFile(
              target,
              target.startsWith("/") && Files.isRegularFile(Path.of(target)),
              Proc.self().info(descriptor).isAppending());
    } catch (IOException e) {
      return null;
    }
  }

  Path path() {
    return Path.of(target);
  }
}
