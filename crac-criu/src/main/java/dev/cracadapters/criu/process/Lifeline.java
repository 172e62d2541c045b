/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A descriptor that says that this process lives: the write end of a FIFO whose other end the
 * restore script reads. The kernel closes it when the process ends, however it ends, and the script
 * needs no polling to know.
 */
public final class Lifeline {

  private @Nullable FileChannel writeEnd;

  /** Opens the FIFO's write end, which stays open until {@link #release}. */
  public synchronized void hold(Path fifo) throws IOException {
    writeEnd = FileChannel.open(fifo, StandardOpenOption.WRITE);
  }

  /** Before another dump: an earlier restore's script then watches the process more slowly. */
  public synchronized void release() {
    FileChannel held = writeEnd;
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
