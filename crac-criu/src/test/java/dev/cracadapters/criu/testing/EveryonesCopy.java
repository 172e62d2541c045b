/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Copies that every user may read. A checkout, a Maven repository or a CRIU may lie in a folder
 * that only its owner may enter, root's home for example. Each is copied once in a JVM, and removed
 * when the JVM ends.
 */
final class EveryonesCopy {

  private static final long LIMIT_SECONDS = 60;

  private static final Map<Path, Path> COPIES = new HashMap<>();

  private static @Nullable Path folder;

  private EveryonesCopy() {}

  /**
   * Copies a file or a folder with all in it.
   *
   * @param original its path; where nothing is, nothing is copied
   * @return the path of the copy
   * @throws IOException if it cannot be copied
   */
  static synchronized Path of(Path original) throws IOException {
    Path copy = COPIES.get(original);
    if (copy == null) {
      copy = folder().resolve(COPIES.size() + "-" + original.getFileName());
      if (Files.exists(original)) {
        run("cp", "-r", original.toString(), copy.toString());
        run("chmod", "-R", "a+rX", copy.toString());
      }
      COPIES.put(original, copy);
    }
    return copy;
  }

  private static Path folder() throws IOException {
    if (folder == null) {
      Path made = Files.createTempDirectory("for-everyone-");
      Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(made)));
      Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwxr-xr-x"));
      folder = made;
    }
    return folder;
  }

  private static void remove(Path folder) {
    try {
      run("rm", "-rf", folder.toString());
    } catch (IOException e) {
      System.err.println(folder + " is left behind: " + e.getMessage());
    }
  }

  private static void run(String... command) throws IOException {
    Process process = new ProcessBuilder(command).inheritIO().start();
    try {
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IOException(List.of(command) + " failed");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(List.of(command) + " was interrupted", e);
    } finally {
      process.destroy();
    }
  }
}
