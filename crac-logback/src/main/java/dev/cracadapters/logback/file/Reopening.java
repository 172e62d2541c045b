/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.recovery.ResilientFileOutputStream;
import dev.cracadapters.logback.appender.LogbackFields;
import dev.cracadapters.logback.rolling.AtRestore;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileLock;
import org.jspecify.annotations.Nullable;

/**
 * Has an appender open its file and writes to it what was kept. The caller holds the appender's
 * write lock.
 */
final class Reopening<E> implements FileOpening {

  private final FileAppender<E> appender;
  private final LogbackFields fields;
  private final AtRestore<E> atRestore;

  /**
   * Prepares, and does nothing.
   *
   * @param atRestore what is done about the file before it is opened
   */
  Reopening(FileAppender<E> appender, LogbackFields fields, AtRestore<E> atRestore) {
    this.appender = appender;
    this.fields = fields;
    this.atRestore = atRestore;
  }

  /**
   * Opens the file for appending, whatever the appender's own setting: what was written before the
   * checkpoint stays. The encoder's header is written only to a file that is new or empty.
   *
   * @param kept what to write; afterwards what is left of it after a failure, else nothing
   * @return the length that the file was found with
   * @throws IOException if the file cannot be opened or written; the appender then has no stream
   */
  @Override
  public long run(EventBuffer kept) throws IOException {
    atRestore.prepare(!kept.isEmpty());
    String name = appender.getFile();
    File file = new File(name);
    long length = file.length();
    Encoder<E> encoder = appender.getEncoder();
    boolean append = appender.isAppend();
    boolean done = false;
    // With no stream in its place the appender has none to close, nor a footer to write.
    fields.stream.set(appender, null);
    appender.setAppend(true);
    if (length > 0 && encoder != null) {
      appender.setEncoder(new HeaderlessEncoder<>(encoder));
    }
    try {
      appender.openFile(name);
      if (appender.getOutputStream() == null) {
        throw new IOException("the appender has no stream after opening it");
      }
      write(kept, appender.getOutputStream(), file);
      done = true;
    } finally {
      appender.setEncoder(encoder);
      appender.setAppend(append);
      if (!done) {
        closeQuietly(appender.getOutputStream());
        fields.stream.set(appender, null);
      }
    }
    return length;
  }

  @Override
  public void closed(File file) {
    atRestore.closed(file);
  }

  @Override
  public String file() {
    return String.valueOf(appender.getFile());
  }

  @Override
  public void write(byte[] bytes, int offset, int length, OutputStream stream) throws IOException {
    locked(stream, () -> stream.write(bytes, offset, length));
  }

  private void write(EventBuffer kept, OutputStream stream, File file) throws IOException {
    if (!kept.isEmpty()) {
      locked(stream, () -> writeLocked(kept, stream, file));
    }
  }

  private void writeLocked(EventBuffer kept, OutputStream stream, File file) throws IOException {
    OutputStream out = fields.inner(stream);
    out.flush();
    long before = file.length();
    try {
      kept.writeTo(out);
      out.flush();
      kept.clear();
    } catch (IOException e) {
      // A full disk takes a part. Only with the stream closed, and its own buffer with it, is what
      // the file has grown by the part that must not be written again.
      closeQuietly(stream);
      kept.discardFirst(file.length() - before);
      throw e;
    }
  }

  /** In prudent mode other processes write to the same file, each event under the file's lock. */
  private void locked(OutputStream stream, Write write) throws IOException {
    FileLock lock = lock(stream);
    try {
      write.run();
    } finally {
      // No longer valid where the stream was closed.
      if (lock != null && lock.isValid()) {
        lock.release();
      }
    }
  }

  private @Nullable FileLock lock(OutputStream stream) throws IOException {
    if (!appender.isPrudent()
        || !(stream instanceof ResilientFileOutputStream file)
        || file.getChannel() == null) {
      return null;
    }
    // An interrupted thread would not get the lock (LOGBACK-875), and its event would be lost.
    boolean interrupted = Thread.interrupted();
    try {
      return file.getChannel().lock();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static void closeQuietly(@Nullable OutputStream stream) {
    if (stream != null) {
      try {
        stream.close();
      } catch (IOException e) {
        // The exception that led here says more.
        return;
      }
    }
  }

  private interface Write {
    void run() throws IOException;
  }
}
