/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Where commands are: by their path, or by their name in {@code PATH}. */
public final class SearchPath {

  private SearchPath() {}

  public static Optional<Path> locate(String command) {
    if (command.contains("/")) {
      Path named = Path.of(command).toAbsolutePath().normalize();
      return Optional.of(named).filter(Files::isExecutable);
    }
    for (String folder : searched().split(File.pathSeparator)) {
      Path candidate = Path.of(folder.isEmpty() ? "." : folder, command).toAbsolutePath();
      if (Files.isRegularFile(candidate) && Files.isExecutable(candidate)) {
        return Optional.of(candidate.normalize());
      }
    }
    return Optional.empty();
  }

  /** That there is no such command, as a clause. */
  public static String describeMissing(String command) {
    return command.contains("/")
        ? "there is no command " + Path.of(command).toAbsolutePath().normalize()
        : "there is no command " + command + " in PATH (" + searched() + ")";
  }

  static String searched() {
    return System.getenv().getOrDefault("PATH", "");
  }
}
