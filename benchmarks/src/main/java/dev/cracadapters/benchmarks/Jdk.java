/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Which JDK it is. */
public final class Jdk {

  private Jdk() {}

  /** The version, such as 17.0.15. */
  public static String version(Path home) throws IOException {
    return Files.readAllLines(home.resolve("release")).stream()
        .filter(line -> line.startsWith("JAVA_VERSION="))
        .map(line -> line.replaceAll(".*\"(.*)\".*", "$1"))
        .findFirst()
        .orElse("?");
  }
}
