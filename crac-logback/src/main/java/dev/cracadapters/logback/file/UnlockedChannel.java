/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/** A channel without a file: locking it locks nothing, and there is nothing to read or write. */
final class UnlockedChannel extends FileChannel {

  @Override
  public FileLock lock(long position, long size, boolean shared) {
    return new FileLock(this, position, size, shared) {
      @Override
      public boolean isValid() {
        return true;
      }

      @Override
      public void release() {}
    };
  }

  @Override
  public FileLock tryLock(long position, long size, boolean shared) {
    return lock(position, size, shared);
  }

  @Override
  public long position() {
    return 0;
  }

  @Override
  public FileChannel position(long newPosition) {
    return this;
  }

  @Override
  public long size() {
    return 0;
  }

  @Override
  public FileChannel truncate(long size) {
    return this;
  }

  @Override
  public void force(boolean metaData) {}

  @Override
  public int read(ByteBuffer dst) {
    return -1;
  }

  @Override
  public long read(ByteBuffer[] dsts, int offset, int length) {
    return -1;
  }

  @Override
  public int read(ByteBuffer dst, long position) {
    return -1;
  }

  @Override
  public int write(ByteBuffer src) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long write(ByteBuffer[] srcs, int offset, int length) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int write(ByteBuffer src, long position) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long transferTo(long position, long count, WritableByteChannel target) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long transferFrom(ReadableByteChannel src, long position, long count) {
    throw new UnsupportedOperationException();
  }

  @Override
  public MappedByteBuffer map(MapMode mode, long position, long size) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void implCloseChannel() {}
}
