/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protection;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.SystemSettings;
import dev.cracadapters.criu.restore.RestoreScript;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How images are encrypted: by the command {@code age} to the recipients in a file, or by {@code
 * openssl enc} with the passphrase in a file. CRIU then writes into memory, and reads from there.
 *
 * @param by the command
 * @param file what it encrypts by, both as the system property {@code crac.image-encryption} names
 *     them: {@code age:FILE} or {@code openssl:FILE}
 */
public record ImageEncryption(String by, Path file) {

  private static final List<String> COMMANDS = List.of("age", "openssl");
  private static final int SHORTEST_PASSPHRASE_BYTES = 32;

  /** The one that was named; empty where none was. */
  public static Optional<ImageEncryption> fromSystemProperties() throws RefusedException {
    String named = SystemSettings.below("crac").text("image-encryption", "");
    if (named.isEmpty()) {
      return Optional.empty();
    }
    String[] part = named.split(":", 2);
    if (part.length < 2 || part[1].isEmpty() || !COMMANDS.contains(part[0])) {
      throw new RefusedException(
          "image encryption",
          "crac.image-encryption is \"" + named + "\", which names no command and file",
          "Set it to age:FILE, a file of recipients, or to openssl:FILE, a file with a passphrase");
    }
    return Optional.of(new ImageEncryption(part[0], Path.of(part[1])));
  }

  /** Encrypts something, as the dump script will, and looks for memory to write to. */
  public void check() throws RefusedException {
    try {
      if (by.equals("age")) {
        OwnersAlone.requireOurs(file, "crac.image-encryption", this::refused);
      } else {
        OwnersAlone.requireSecret(file, "crac.image-encryption", this::refused);
        if (Files.size(file) < SHORTEST_PASSPHRASE_BYTES) {
          throw refused(
              "its passphrase is shorter than " + SHORTEST_PASSPHRASE_BYTES + " bytes",
              "Make one: openssl rand -hex 32 > " + file);
        }
      }
      String functions = RestoreScript.part("trust") + RestoreScript.part("encryption");
      String said =
          ShellTrial.run(
              functions + "\nencrypt \"$2\" \"$3\" < \"$1/file\" > \"$1/encrypted\" && tar --help",
              by,
              file.toString());
      if (!said.isEmpty()) {
        throw refused(
            "%s cannot encrypt by it (%s)".formatted(by, said),
            "The commands " + by + " and tar must be in PATH, and the file must be one for " + by);
      }
      if (!ShellTrial.run(functions + "\nfind_memory").isEmpty()) {
        throw refused(
            "no tmpfs can be written to, and an image in clear must not come to a disk",
            "Mount a tmpfs on /dev/shm with room for the process, or name one by TMPDIR");
      }
    } catch (IOException e) {
      throw refused("it cannot be read (" + e + ")", "Name a file that this user may read");
    }
  }

  private RefusedException refused(String cause, String remedy) {
    return new RefusedException("image encryption by " + file, cause, remedy);
  }

  /** For the dump script; the restore script needs the command alone. */
  public static Map<String, String> values(Optional<ImageEncryption> encryption) {
    return Map.of(
        "encrypted_by",
        encryption.map(ImageEncryption::by).orElse(""),
        "encryption_file",
        encryption.map(one -> OwnersAlone.real(one.file).toString()).orElse(""),
        "large",
        encryption.isPresent() ? "encrypted" : "criu/pages-*.img");
  }
}
