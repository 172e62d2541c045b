/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import ch.qos.logback.core.recovery.ResilientFileOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;

/**
 * What stands in for the file of an appender in prudent mode. Such an appender casts its stream to
 * this type and locks the stream's channel around each event; it drops the event where there is no
 * channel or the lock is not available.
 */
final class PrudentStream extends ResilientFileOutputStream {

  private final OutputStream target;
  private final FileChannel channel = new UnlockedChannel();

  /**
   * Opens the file and closes it at once, since the type cannot be made otherwise.
   *
   * @param target takes all that is written
   */
  PrudentStream(File file, OutputStream target) throws IOException {
    super(file, true, 1);
    super.close();
    this.target = target;
  }

  @Override
  public FileChannel getChannel() {
    return channel;
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    try {
      target.write(bytes, offset, length);
    } catch (IOException e) {
      postIOFailure(e);
    }
  }

  @Override
  public void write(int b) {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void flush() {}

  @Override
  public void close() throws IOException {
    target.close();
  }
}
