/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What this process has open, as the kernel tells it. */
final class OpenDescriptors {

  private OpenDescriptors() {}

  /** Descriptors that a CRaC JDK refuses: number and kind, by what they refer to. */
  static Map<String, String> ofSockets() throws IOException {
    return of("socket:");
  }

  /** The epoll, eventfd and timerfd descriptors. */
  static Map<String, String> ofEvents() throws IOException {
    return of("anon_inode:");
  }

  private static Map<String, String> of(String kind) throws IOException {
    Map<String, String> found = new TreeMap<>();
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      for (Path descriptor : (Iterable<Path>) descriptors::iterator) {
        try {
          String target = Files.readSymbolicLink(descriptor).toString();
          if (target.startsWith(kind)) {
            found.put(descriptor.getFileName().toString(), target);
          }
        } catch (NoSuchFileException e) {
          // It was the listing's own.
        }
      }
    }
    return found;
  }
}
