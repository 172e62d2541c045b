/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protection;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.FolderTrust;
import dev.cracadapters.core.support.FolderTrust.Weakness;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/** A file with a secret in it is nobody's but its owner's, and no file is changed by others. */
final class OwnersAlone {

  private static final Set<PosixFilePermission> OTHERS =
      EnumSet.of(
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE);

  private OwnersAlone() {}

  /**
   * Makes a refusal of a cause and a remedy where a file, which holds a secret, is another user's,
   * or others may read or write it.
   */
  static void require(Path file, BiFunction<String, String, RefusedException> refusal)
      throws RefusedException, IOException {
    Object owner = Files.getAttribute(file, "unix:uid");
    if (!owner.equals(0) && !owner.equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
      throw refusal.apply("it belongs to user " + owner, "Name one of this user's or root's");
    }
    if (Files.getPosixFilePermissions(file).stream().anyMatch(OTHERS::contains)) {
      throw refusal.apply(
          "others than its owner may read or write it", "Close it: chmod 600 " + file);
    }
    requireUnchanged(file, refusal);
  }

  /** Where a file is, so that no link to it can be turned once it was looked at. */
  static Path real(Path file) {
    try {
      return file.toRealPath();
    } catch (IOException e) {
      return file.toAbsolutePath(); // where none is
    }
  }

  /** The same where somebody else could change it, or put another file in its place. */
  static void requireUnchanged(Path file, BiFunction<String, String, RefusedException> refusal)
      throws RefusedException, IOException {
    Optional<Weakness> weakness = FolderTrust.current().weaknessOfFile(file);
    if (weakness.filter(Weakness::fatal).isPresent()) {
      throw refusal.apply(weakness.get().cause(), weakness.get().remedy());
    }
  }
}
