/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.process;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A descriptor that says that this process lives: the write end of a FIFO whose other end the
 * restore script reads. The kernel closes it when the process ends, however it ends, and the script
 * needs no polling to know.
 */
public final class Lifeline {

  private @Nullable FileOutputStream writeEnd;

  /** Opens the FIFO's write end, which stays open until {@link #release}. */
  public synchronized void hold(Path fifo) throws IOException {
    writeEnd = new FileOutputStream(fifo.toFile());
  }

  /** Before another dump: an earlier restore's script then watches the process more slowly. */
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
