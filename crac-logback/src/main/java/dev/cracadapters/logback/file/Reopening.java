/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.recovery.ResilientFileOutputStream;
import ch.qos.logback.core.util.CloseUtil;
import dev.cracadapters.logback.appender.LogbackMembers;
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
  private final LogbackMembers fields;
  private final AtRestore<E> atRestore;

  Reopening(FileAppender<E> appender, LogbackMembers fields, AtRestore<E> atRestore) {
    this.appender = appender;
    this.fields = fields;
    this.atRestore = atRestore;
  }

  /** Appends whatever the appender's own setting: what was written before the checkpoint stays. */
  @Override
  public long run(EventBuffer kept, boolean isStopping) throws IOException {
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
        CloseUtil.closeQuietly(appender.getOutputStream());
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
      locked(stream, () -> kept.writeTo(stream, fields.inner(stream), file));
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

  private interface Write {
    void run() throws IOException;
  }
}
