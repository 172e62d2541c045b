/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import java.io.IOException;
import java.io.OutputStream;

/** What stands in for a closed file. Logback calls it under the appender's write lock. */
final class KeepingStream extends OutputStream {

  private final AppenderFile<?> file;

  KeepingStream(AppenderFile<?> file) {
    this.file = file;
  }

  /** Tells whether a stream is one of these, also inside that of an appender in prudent mode. */
  static boolean isStandIn(OutputStream stream) {
    return stream instanceof KeepingStream || stream instanceof PrudentStream;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    file.keep(bytes, offset, length);
  }

  @Override
  public void close() {
    file.letGo();
  }
}
