/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

import dev.cracadapters.demo.Service;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A way in which a service comes up. */
interface Way {

  /** What it is called in the tables. */
  String name();

  /** Whether it is one of ours, which the others are measured against. */
  default boolean isOurs() {
    return false;
  }

  /** Whether 1,000 requests follow the first answer; the others answer as one of those does. */
  boolean withLoad();

  /** Starts a process; its time counts from before the call. */
  Service start(Path output) throws IOException;

  /** What is read from the disk, as far as it can be dropped from the page cache. */
  List<Path> files();

  /** The image, or the archive that belongs to the way; null where it has none. */
  @Nullable Path image();

  /** How large that is. */
  default long imageBytes() throws IOException {
    Path image = image();
    if (image == null) {
      return -1;
    }
    try (Stream<Path> files = Files.walk(image)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }
}
