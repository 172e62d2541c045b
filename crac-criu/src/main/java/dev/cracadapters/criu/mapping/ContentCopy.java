/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Copies pages from CRIU's file of them, or from the process that CRIU holds. */
final class ContentCopy implements AutoCloseable {

  private static final int BLOCK = 1 << 20;

  /** Gets pages side by side, of which none is all zeros, or CRIU has written it. */
  interface Target {

    /** Where they go in the file. */
    long position(Range pages);
  }

  private final FileChannel pages;
  private final Path memory;
  private final int pageSize;
  private final ByteBuffer block = ByteBuffer.allocate(BLOCK);
  private final byte[] zeros;

  ContentCopy(Path pages, String pid, int pageSize) throws IOException {
    this.pages = FileChannel.open(pages, StandardOpenOption.READ);
    this.memory = Path.of("/proc", pid, "mem");
    this.pageSize = pageSize;
    this.zeros = new byte[pageSize];
  }

  /** Where an extent of the process is read, pages of zeros are left out: the file has holes. */
  void copy(Extent extent, FileChannel file, Target target) throws IOException {
    if (extent.isInProcess()) {
      fromProcess(extent.range(), file, target);
    } else {
      fromPages(extent, file, target.position(extent.range()));
    }
  }

  private void fromPages(Extent extent, FileChannel file, long position) throws IOException {
    file.position(position);
    long done = 0;
    while (done < extent.range().bytes()) {
      long some = pages.transferTo(extent.offset() + done, extent.range().bytes() - done, file);
      if (some <= 0) {
        throw new EOFException("The file of pages is shorter than its map says");
      }
      done += some;
    }
  }

  private void fromProcess(Range range, FileChannel file, Target target) throws IOException {
    try (FileChannel process = FileChannel.open(memory, StandardOpenOption.READ)) {
      for (long at = range.start(); at < range.end(); at += BLOCK) {
        block.clear().limit((int) Math.min(BLOCK, range.end() - at));
        while (block.hasRemaining()) {
          if (process.read(block, at + block.position()) <= 0) {
            throw new EOFException("%s has nothing at %x".formatted(memory, at));
          }
        }
        writeBlock(at, file, target);
      }
    }
  }

  /** Runs of its pages that have content. */
  private void writeBlock(long at, FileChannel file, Target target) throws IOException {
    int end = block.limit();
    int start = 0;
    while (start < end) {
      int stop = start;
      while (stop < end && !isZero(stop)) {
        stop += pageSize;
      }
      if (stop > start) {
        long position = target.position(new Range(at + start, at + stop));
        block.limit(stop).position(start);
        while (block.hasRemaining()) {
          position += file.write(block, position);
        }
        block.limit(end);
      }
      start = Math.max(stop, start) + (stop < end ? pageSize : 0);
    }
  }

  private boolean isZero(int page) {
    return java.util.Arrays.equals(block.array(), page, page + pageSize, zeros, 0, pageSize);
  }

  @Override
  public void close() throws IOException {
    pages.close();
  }
}
