/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The kernel's settings below {@code /proc/sys}. */
public final class Sysctl {

  private Sysctl() {}

  /** The first line of a setting, empty where this kernel has no such setting. */
  public static Optional<String> text(String name) {
    // In one read: the kernel gives such a file's content to the first read alone, and
    // Files.readString asks for a single byte first, because the file's size is said to be 0.
    try (BufferedReader file = Files.newBufferedReader(Path.of("/proc/sys", name))) {
      return Optional.ofNullable(file.readLine()).map(String::strip);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** A setting that is a number, 0 where this kernel has no such setting. */
  public static int number(String name) {
    return text(name).filter(value -> value.matches("-?\\d+")).map(Integer::valueOf).orElse(0);
  }
}
