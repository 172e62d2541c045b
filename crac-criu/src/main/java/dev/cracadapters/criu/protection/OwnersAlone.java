/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protection;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.FolderTrust;
import dev.cracadapters.core.support.FolderTrust.Weakness;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * A file that decides who makes an image, or who reads it, is nobody's but its owner's, and so is
 * the way to it.
 */
final class OwnersAlone {

  private static final int GROUP_READS = 0040;
  private static final int OTHERS_READ = 0004;

  private OwnersAlone() {}

  /**
   * Makes a refusal of a cause and a remedy where there is no such file, or somebody else could
   * have another one be read in its place.
   *
   * @param property the system property that names it
   */
  static void requireOurs(
      Path file, String property, BiFunction<String, String, RefusedException> refusal)
      throws RefusedException, IOException {
    if (!Files.isRegularFile(file)) {
      throw refusal.apply(
          Files.isDirectory(file)
              ? "it is a folder"
              : Files.exists(file)
                  ? "it is no regular file"
                  : Files.isSymbolicLink(file)
                      ? "it is a link to " + Files.readSymbolicLink(file) + ", which is not there"
                      : "there is no such file",
          "Name a file by " + property);
    }
    Optional<Weakness> weakness =
        FolderTrust.current().weakness(file, true).filter(Weakness::fatal);
    if (weakness.isPresent()) {
      throw refusal.apply(
          weakness.get().cause(),
          "Name one that is this user's or root's, as all folders above it");
    }
  }

  /**
   * The same of one with a secret in it, and where others than its owner may read it.
   *
   * @param property the system property that names it
   */
  static void requireSecret(
      Path file, String property, BiFunction<String, String, RefusedException> refusal)
      throws RefusedException, IOException {
    requireOurs(file, property, refusal);
    Map<String, Object> seen = Files.readAttributes(file, "unix:mode,gid");
    int mode = (Integer) seen.get("mode");
    if ((mode & OTHERS_READ) != 0
        || (mode & GROUP_READS) != 0 && !mayRead((Integer) seen.get("gid"))) {
      throw refusal.apply("others than its owner may read it", "Close it: chmod 600 " + file);
    }
  }

  /** Of a pod's secret it is the pod's group that reads it. */
  private static boolean mayRead(int gid) throws IOException {
    FolderTrust trust = FolderTrust.current();
    return trust.pod() && trust.groups().contains(gid);
  }

  /** Where a file is, so that no link to it can be turned once it was looked at. */
  static Path real(Path file) {
    try {
      return file.toRealPath();
    } catch (IOException e) {
      return file.toAbsolutePath(); // where none is
    }
  }
}
