/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.process;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.FolderTrust;
import dev.cracadapters.core.support.FolderTrust.Weakness;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder for temporary files. What is made there is executed, loaded, or read again by its
 * name: whoever could rename it, or a folder above it, could have something of theirs taken.
 */
public final class TemporaryFolder {

  private static final Logger LOG = LoggerFactory.getLogger(TemporaryFolder.class);

  private TemporaryFolder() {}

  /**
   * This JVM's, by its real path.
   *
   * @throws RefusedException where somebody else could exchange what is made in it
   */
  public static Path trusted() throws RefusedException, IOException {
    return trusted(ofThisJvm(), "-Djava.io.tmpdir", false);
  }

  /** A new file in it, for those whose other failures are of this kind. */
  public static Path createFile(String prefix, String suffix) throws IOException {
    try {
      return Files.createTempFile(trusted(), prefix, suffix);
    } catch (RefusedException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static Path ofThisJvm() {
    return Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
  }

  /**
   * Looks at this JVM's and at that of the scripts, and has what a Kubernetes pod lets pass in the
   * log.
   */
  public static void check() throws RefusedException {
    try {
      trusted(ofThisJvm(), "-Djava.io.tmpdir", true);
      String scripts = System.getenv("TMPDIR");
      if (scripts != null && !scripts.isEmpty()) {
        trusted(Path.of(scripts), "the environment variable TMPDIR", true);
      }
    } catch (IOException e) {
      throw new RefusedException(
          "folder for temporary files",
          "it cannot be looked at (" + e + ")",
          "Name another one by -Djava.io.tmpdir and TMPDIR",
          e);
    }
  }

  private static Path trusted(Path folder, String setting, boolean warns)
      throws RefusedException, IOException {
    if (!Files.isDirectory(folder)) {
      return folder; // nothing can be made in it, which is said by who tries
    }
    Path real = folder.toRealPath();
    Optional<Weakness> weakness = FolderTrust.current().weaknessToMakeIn(real);
    if (weakness.filter(Weakness::fatal).isPresent()) {
      throw new RefusedException(
          "folder for temporary files " + folder,
          weakness.get().cause(),
          weakness.get().remedy() + ", by " + setting);
    }
    if (warns && weakness.isPresent()) {
      LOG.warn("The folder for temporary files {}: {}", folder, weakness.get().cause());
    }
    return real;
  }
}
