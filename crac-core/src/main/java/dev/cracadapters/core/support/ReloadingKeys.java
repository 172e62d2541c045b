/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.crac.RestoreException;
import org.jspecify.annotations.Nullable;

/**
 * Keys and certificates that a library reads once, from files, and that a restore finds changed:
 * another file content, another file, another password. They are read again then. Where that fails
 * the library goes on with those it has, and an exception says so.
 *
 * <p>Contents are compared, not times: a file of a container image's layer keeps its time. The
 * digest is taken when the keys are loaded, not at the checkpoint: what was renewed in between is
 * noticed. Thread-safe.
 */
public final class ReloadingKeys {

  /** What an adapter knows about its library. */
  public interface Source {

    /**
     * {@return the keys' name for a message: {@code jetty 0.0.0.0:8443: the key store
     * /etc/tls/keys.p12}}
     */
    String description();

    /**
     * {@return what decides, beside the files, which keys are loaded, by name: their paths, types,
     * passwords} Only a digest is kept.
     */
    Map<String, String> settings();

    /** {@return the files that the keys come from, also those that do not exist} */
    List<Path> files();

    /**
     * Reads the keys, and has the library use them.
     *
     * @throws Exception if they cannot be read; the library goes on with those it has
     */
    void load() throws Exception;
  }

  private final Source source;
  private @Nullable String digestInUse;

  /**
   * Keys that somebody else has loaded, or will.
   *
   * @param source what is loaded
   */
  public ReloadingKeys(Source source) {
    this.source = source;
  }

  /**
   * Called where the library has loaded the keys at a time that nobody noticed. Files that were not
   * touched since this JVM started are what was loaded. Where one was, what was loaded is not
   * known, and the keys are read again at the next occasion. Does nothing where it is known.
   */
  public synchronized void onLoaded() {
    if (digestInUse == null && source.files().stream().noneMatch(ReloadingKeys::isTouched)) {
      digestInUse = digest();
    }
  }

  /**
   * Reads the keys again where they are not those in use.
   *
   * @throws RestoreException if they cannot be read; the next call tries again
   */
  public synchronized void reloadIfChanged() throws RestoreException {
    if (!digest().equals(digestInUse)) {
      reload();
    }
  }

  /**
   * Reads the keys again.
   *
   * @throws RestoreException if they cannot be read; the next call tries again
   */
  public synchronized void reload() throws RestoreException {
    // Before the files are read: one that changes meanwhile is read once more, not missed.
    String digest = digest();
    try {
      source.load();
    } catch (Exception e) {
      throw unreadable(source.description(), e);
    }
    digestInUse = digest;
  }

  /**
   * {@return the failure of keys that cannot be read again, which says that those from before stay
   * in use}
   *
   * @param description as of {@link Source#description}
   * @param reason why
   */
  public static RestoreException unreadable(String description, Exception reason) {
    return Failures.ofRestore(
        "%s cannot be read again (%s). The keys and certificates from before stay in use: fix the file or its password, and restore again"
            .formatted(description, reason.getMessage() == null ? reason : reason.getMessage()),
        reason);
  }

  /**
   * By the time that the kernel notes for each change of a file and that nobody can set, not by the
   * modification time.
   */
  private static boolean isTouched(Path file) {
    try {
      FileTime changed = (FileTime) Files.getAttribute(file, "unix:ctime");
      return changed.toMillis() >= ManagementFactory.getRuntimeMXBean().getStartTime();
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      return Files.exists(file); // not a file that tells: it may have been touched
    }
  }

  private String digest() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      new TreeMap<>(source.settings())
          .forEach(
              (name, value) -> {
                update(digest, name.getBytes(StandardCharsets.UTF_8));
                update(digest, value.getBytes(StandardCharsets.UTF_8));
              });
      for (Path file : source.files()) {
        update(digest, content(file));
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }

  /** With its length, so that nothing moves from one to the next unnoticed. */
  private static void update(MessageDigest digest, byte[] content) {
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(content.length).array());
    digest.update(content);
  }

  private static byte[] content(Path file) {
    try {
      return Files.isRegularFile(file) ? Files.readAllBytes(file) : new byte[0];
    } catch (IOException e) {
      return new byte[0]; // whoever reads it says why that is not possible
    }
  }
}
