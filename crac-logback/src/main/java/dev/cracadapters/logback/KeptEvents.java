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

  /** Whether the first chunk is the rest of an event whose beginning is in the file. */
  private boolean firstIsRest;

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
    firstIsRest = false;
  }

  void writeTo(OutputStream out) throws IOException {
    for (byte[] chunk : chunks) {
      out.write(chunk);
    }
  }

  /**
   * Takes out the oldest event; never the rest of one that has been begun in the file, where the
   * next would go on in the middle of its line.
   *
   * @return its length, 0 where there is none that can be taken out
   */
  int dropOldest() {
    byte[] rest = firstIsRest ? chunks.poll() : null;
    byte[] oldest = chunks.poll();
    if (rest != null) {
      chunks.addFirst(rest);
    }
    return oldest == null ? 0 : oldest.length;
  }

  /** Adds what is to follow the events, not a copy: {@link #takeBack} knows it again. */
  void addLast(byte[] bytes) {
    chunks.addLast(bytes);
  }

  /**
   * Takes out what was added last.
   *
   * @return false where all or some of it has been written
   */
  boolean takeBack(byte[] last) {
    if (chunks.peekLast() != last) {
      return false;
    }
    chunks.removeLast();
    return true;
  }

  /** Takes out what a write that failed half-way has written. */
  void discardFirst(long count) {
    long left = count;
    while (left > 0 && !chunks.isEmpty()) {
      byte[] first = chunks.remove();
      firstIsRest = first.length > left;
      if (firstIsRest) {
        chunks.addFirst(Arrays.copyOfRange(first, (int) left, first.length));
        return;
      }
      left -= first.length;
    }
  }
}
