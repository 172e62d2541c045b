/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protection;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.image.FolderTrust;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * A file that decides who makes an image, or who reads it, is nobody's but its owner's, and so is
 * the way to it.
 */
final class OwnersAlone {

  private static final Set<PosixFilePermission> OTHERS =
      EnumSet.of(
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE);

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
    Optional<FolderTrust.Weakness> weakness =
        FolderTrust.current().weakness(file, true).filter(FolderTrust.Weakness::fatal);
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
    if (Files.getPosixFilePermissions(file).stream().anyMatch(OTHERS::contains)) {
      throw refusal.apply(
          "others than its owner may read or write it", "Close it: chmod 600 " + file);
    }
  }
}
