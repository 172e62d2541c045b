/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import ch.qos.logback.core.util.CloseUtil;
import dev.cracadapters.logback.event.EventBound;
import dev.cracadapters.logback.event.KeptEvents;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The encoded events of one closed file, with a notice of those that were dropped. Not thread-safe:
 * the appender's write lock guards it.
 *
 * <p>Before the restore it takes more than its bound where the oldest are not to be dropped: a
 * thread that comes then was not held up, and must not be. In a process that is in service again,
 * and whose file cannot be opened, it does not.
 */
final class EventBuffer extends KeptEvents<byte[]> {

  /** What writes the events that are kept to the file. */
  interface Writing {
    /** Writes, and takes out of the buffer what was written; the length the file was found with. */
    long write(EventBuffer kept) throws IOException;
  }

  private final DroppedEvents dropped;

  /** Whether the first event is the rest of one whose beginning is in the file. */
  private boolean firstIsRest;

  EventBuffer(EventBound bound, DroppedEvents dropped) {
    super(bound, event -> event.length);
    this.dropped = dropped;
  }

  /** Keeps an event, or counts it or an older one as lost; in service, the file should be open. */
  void add(byte[] bytes, int offset, int length, boolean inService) {
    if (isFull() && inService) {
      dropped.warn(count(), bound.dropsOldest() ? "the oldest" : "further ones");
      if (!bound.dropsOldest()) {
        dropped.add(length, bound.reachedBy(count()));
        return;
      }
    }
    keep(bytes, offset, length);
    while (bound.dropsOldest() && isOverfull()) {
      String reached = bound.reachedBy(count() - 1);
      int oldest = dropOldest();
      if (oldest == 0) {
        return;
      }
      dropped.add(oldest, reached);
    }
  }

  /**
   * Keeps an event that is about to be written, whatever the bound; encoders reuse their arrays.
   */
  void keep(byte[] bytes, int offset, int length) {
    addLast(Arrays.copyOfRange(bytes, offset, offset + length));
  }

  /**
   * Takes out the oldest event; never the rest of one that has been begun in the file, where the
   * next would go on in the middle of its line.
   *
   * @return its length, 0 where there is none that can be taken out
   */
  int dropOldest() {
    byte[] rest = firstIsRest ? pollFirst() : null;
    byte[] oldest = pollFirst();
    if (rest != null) {
      addFirst(rest);
    }
    return oldest == null ? 0 : oldest.length;
  }

  /**
   * Has all that is kept written, and behind it a notice of what was dropped.
   *
   * @return the length that the file was found with, less what Logback has counted of events that
   *     are not in it
   * @throws IOException if not all could be written; what was not is kept
   */
  long writeBy(Writing writing) throws IOException {
    byte[] notice = dropped.notice();
    if (notice != null) {
      addLast(notice);
    }
    try {
      long length = writing.write(this);
      long counted = length - dropped.bytes() + (notice == null ? 0 : notice.length);
      dropped.reported();
      return counted;
    } catch (IOException | RuntimeException e) {
      if (notice != null) {
        if (peekLast() == notice) {
          pollLast();
        } else {
          dropped.reported(); // all or some of the notice is in the file
        }
      }
      throw e;
    }
  }

  void writeTo(OutputStream out) throws IOException {
    for (byte[] event : this) {
      out.write(event);
    }
  }

  /**
   * Has all written to a file that is open.
   *
   * @param outer closed if it fails. A full disk takes a part: only with the stream closed, and its
   *     own buffer with it, is what the file has grown by the part that must not be written again
   * @param inner the stream that tells of failures
   * @param file tells what is written; null where it does not
   */
  void writeTo(OutputStream outer, OutputStream inner, @Nullable File file) throws IOException {
    flush(inner);
    long before = file == null ? 0 : file.length();
    try {
      writeTo(inner);
      flush(inner);
      clear();
    } catch (IOException e) {
      CloseUtil.closeQuietly(outer);
      if (file != null) {
        discardFirst(file.length() - before);
      }
      throw e;
    }
  }

  private static void flush(OutputStream out) throws IOException {
    out.flush();
    if (out instanceof PrintStream print && print.checkError()) {
      throw new IOException("a PrintStream failed, and does not tell why");
    }
  }

  @Override
  public void clear() {
    super.clear();
    firstIsRest = false;
  }

  /** Takes out what a write that failed half-way has written. */
  void discardFirst(long count) {
    long left = count;
    while (left > 0 && !isEmpty()) {
      byte[] first = pollFirst();
      firstIsRest = first.length > left;
      if (firstIsRest) {
        addFirst(Arrays.copyOfRange(first, (int) left, first.length));
        return;
      }
      left -= first.length;
    }
  }

  /** The way out for what cannot be written to its file. */
  void emptyInto(PrintStream stream) {
    forEach(event -> stream.write(event, 0, event.length));
    stream.flush();
    clear();
  }
}
