/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/**
 * Encoded events, each a chunk, in their order. Not thread-safe: the appender's write lock guards
 * it.
 */
final class KeptEvents {

  private final Deque<byte[]> chunks = new ArrayDeque<>();

  /** Adds a copy, for an encoder may use its array again. */
  void add(byte[] bytes, int offset, int length) {
    chunks.add(Arrays.copyOfRange(bytes, offset, offset + length));
  }

  int events() {
    return chunks.size();
  }

  boolean isEmpty() {
    return chunks.isEmpty();
  }

  void clear() {
    chunks.clear();
  }

  void writeTo(OutputStream out) throws IOException {
    for (byte[] chunk : chunks) {
      out.write(chunk);
    }
  }

  /** Takes out what a write that failed half-way has written. */
  void discardFirst(long count) {
    long left = count;
    while (left > 0 && !chunks.isEmpty()) {
      byte[] first = chunks.remove();
      if (first.length > left) {
        chunks.addFirst(Arrays.copyOfRange(first, (int) left, first.length));
        return;
      }
      left -= first.length;
    }
  }
}
