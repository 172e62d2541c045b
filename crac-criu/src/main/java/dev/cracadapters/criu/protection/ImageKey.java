/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protection;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.SystemSettings;
import dev.cracadapters.criu.restore.RestoreScript;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The key that images are signed by: a private one in PEM, by which {@code openssl} signs, or any
 * other file, a secret for an HMAC with SHA-256. What is signed is {@code SHA256SUMS}, which has
 * the digest of every other file of an image. {@code crac-restore} verifies it.
 *
 * @param file named by the system property {@code crac.image-key}
 */
public record ImageKey(Path file) {

  private static final int SHORTEST_SECRET_BYTES = 32;
  private static final String PEM = "-----BEGIN ";

  /** The one that was named; empty where none was. */
  public static Optional<ImageKey> fromSystemProperties() {
    String named = SystemSettings.below("crac").text("image-key", "");
    return named.isEmpty() ? Optional.empty() : Optional.of(new ImageKey(Path.of(named)));
  }

  /**
   * Signs something by it, as the dump script will, so that a key that cannot sign is told before
   * anything stops.
   */
  public void check() throws RefusedException {
    try {
      OwnersAlone.requireSecret(file, "crac.image-key", this::refused);
      byte[] bytes = Files.readAllBytes(file);
      String text = new String(bytes, StandardCharsets.ISO_8859_1);
      boolean isPem = text.startsWith(PEM);
      if (isPem && text.lines().findFirst().orElseThrow().contains("PUBLIC KEY")) {
        throw refused(
            "it is a public key, by which nothing can be signed",
            "Name the private one of the pair, and this one to crac-restore");
      }
      if (!isPem && bytes.length < SHORTEST_SECRET_BYTES) {
        throw refused(
            "it has " + bytes.length + " bytes, and a secret needs " + SHORTEST_SECRET_BYTES,
            "Make one: openssl rand -hex 32 > " + file);
      }
      String said =
          ShellTrial.run(
              RestoreScript.part("signature") + "\nsign \"$1/file\" \"$2\"\n", file.toString());
      if (!said.isEmpty()) {
        throw refused(
            "it cannot sign (" + said + ")",
            isPem
                ? "Name a private key in PEM without a passphrase, and install OpenSSL 3 or newer"
                : "The commands od and sha256sum, or openssl, must be in PATH");
      }
    } catch (IOException e) {
      throw refused("it cannot be read (" + e + ")", "Name a key that this user may read");
    }
  }

  private RefusedException refused(String cause, String remedy) {
    return new RefusedException("image key " + file, cause, remedy);
  }

  /** For both scripts. */
  public static Map<String, String> values(Optional<ImageKey> key) {
    return Map.of(
        "signed",
        Boolean.toString(key.isPresent()),
        "image_key",
        key.map(one -> OwnersAlone.real(one.file).toString()).orElse(""));
  }
}
