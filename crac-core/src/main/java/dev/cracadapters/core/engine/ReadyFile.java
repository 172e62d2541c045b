/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** A file by which this process says to others that everything is down. */
final class ReadyFile {

  private ReadyFile() {}

  /**
   * Writes it. Whoever sees it sees all of it. It is a new file in the place of what is there, for
   * its folder may be everybody's: another user's link is not followed.
   */
  static void write(Path file, String text) throws IOException {
    Path target = file.toAbsolutePath();
    Path whole = Files.createTempFile(target.getParent(), ".crac-", ".ready");
    try {
      Files.writeString(whole, text);
      whole.toFile().setReadable(true, false); // the outsider may be another user
      Files.move(whole, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(whole);
    }
  }
}
