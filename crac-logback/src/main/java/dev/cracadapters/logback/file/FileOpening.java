/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import dev.cracadapters.core.RefusedException;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;

/**
 * How an appender's file is opened after the restore and written to. The caller holds the
 * appender's write lock.
 */
interface FileOpening {

  /** The file as messages call it, which for all but odd appenders is its path. */
  String file();

  /**
   * Called before the file is closed.
   *
   * @throws RefusedException if it could not be opened again; the file stays open
   */
  default void beforeClosing() throws RefusedException {}

  /** Called when the file has just been closed. */
  default void closed(File file) {}

  /**
   * Opens the file for appending and writes what was kept. The encoder's header is written only to
   * a file that is new or empty.
   *
   * @param kept what to write; afterwards what is left of it after a failure, else nothing
   * @param isStopping whether the appender is being stopped, and its stream closed right after
   * @return the length that the file was found with
   * @throws IOException if the file cannot be opened or written; the appender then has no stream
   */
  long run(EventBuffer kept, boolean isStopping) throws IOException;

  /** Writes one event to an open file. */
  default void write(byte[] bytes, int offset, int length, OutputStream stream) throws IOException {
    stream.write(bytes, offset, length);
  }
}
