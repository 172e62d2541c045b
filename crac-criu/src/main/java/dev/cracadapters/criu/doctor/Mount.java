/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.doctor;

import dev.cracadapters.core.support.Proc;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A mounted file system: where, its type as {@code tmpfs}, its options as {@code noexec}. */
record Mount(Path point, String type, List<String> options) {

  /** The one that a path lies on, which need not exist. */
  static Optional<Mount> of(Path path) {
    try {
      return of(path.toAbsolutePath().normalize(), Proc.self().lines("mounts"));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  static Optional<Mount> of(Path path, List<String> table) {
    return table.stream()
        .map(line -> line.split(" "))
        .map(
            words ->
                new Mount(
                    Path.of(words[1].replace("\\040", " ")),
                    words[2],
                    List.of(words[3].split(","))))
        .filter(mount -> path.startsWith(mount.point))
        .reduce( // of two on one point the later one hides the earlier one
            (one, other) -> one.point.getNameCount() > other.point.getNameCount() ? one : other);
  }
}
