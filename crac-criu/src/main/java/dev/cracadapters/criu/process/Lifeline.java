/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.process;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A descriptor that says that this process lives: the write end of a FIFO whose other end the
 * restore script reads. The kernel closes it when the process ends, however it ends, and the script
 * needs no polling to know.
 */
public final class Lifeline {

  private @Nullable FileOutputStream writeEnd;

  /** Takes hold of the FIFO, then tells the restore script that the process is up. */
  public synchronized void hold(Path fifo, Path events) throws IOException {
    writeEnd = new FileOutputStream(fifo.toFile());
    Files.writeString(events, "up\n", StandardCharsets.US_ASCII, StandardOpenOption.WRITE);
  }

  /**
   * Before another dump: the script that waits for an earlier restore then watches the process more
   * slowly.
   */
  public synchronized void release() {
    FileOutputStream held = writeEnd;
    writeEnd = null;
    try {
      if (held != null) {
        held.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("A FIFO that nothing was written to cannot be closed", e);
    }
  }
}
