/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.FolderTrust;
import dev.cracadapters.core.support.FolderTrust.Weakness;
import dev.cracadapters.criu.process.TemporaryFolder;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Brings a CRIU of a newer Debian into a folder, by the script {@code tools/criu} of this project,
 * which is in the jar as well. The machine's packages stay as they are.
 */
public final class CriuInstallation {

  /** What it needs beside itself. */
  private static final List<String> SCRIPTS = List.of("criu", "debian-packages");

  private final Path folder;

  public CriuInstallation(Path folder) {
    this.folder = folder;
  }

  /**
   * Waits for the downloads, which may take some minutes. The script prints the command's path, and
   * on the standard error what it does, or why it failed.
   *
   * @return its exit status: 0 when CRIU is there
   */
  public int run() throws RefusedException, IOException, InterruptedException {
    requireOwn();
    Path scripts = Files.createTempDirectory(TemporaryFolder.trusted(), "crac-install-");
    try {
      for (String name : SCRIPTS) {
        extract(name, scripts.resolve(name));
      }
      Process script =
          new ProcessBuilder(
                  "sh",
                  scripts.resolve("criu").toString(),
                  "--into",
                  folder.toAbsolutePath().normalize().toString())
              .inheritIO()
              .redirectInput(new File("/dev/null"))
              .start();
      return script.waitFor();
    } finally {
      for (String name : SCRIPTS) {
        Files.deleteIfExists(scripts.resolve(name));
      }
      Files.delete(scripts);
    }
  }

  /** What is brought there is run later, by root mostly. */
  private void requireOwn() throws RefusedException, IOException {
    Path there = folder.toAbsolutePath().normalize();
    boolean exists = Files.exists(there);
    while (!Files.exists(there)) {
      there = Objects.requireNonNull(there.getParent());
    }
    FolderTrust trust = FolderTrust.current();
    Optional<Weakness> weakness =
        exists ? trust.weaknessOfFile(there) : trust.weaknessToMakeIn(there);
    if (weakness.filter(Weakness::fatal).isPresent()) {
      throw new RefusedException(
          folder.toString(), weakness.get().cause(), weakness.get().remedy());
    }
  }

  private static void extract(String name, Path file) throws IOException {
    try (InputStream script = CriuInstallation.class.getResourceAsStream(name)) {
      Files.copy(Objects.requireNonNull(script), file);
    }
    if (!file.toFile().setExecutable(true)) {
      throw new IOException(file + " cannot be made executable");
    }
  }
}
