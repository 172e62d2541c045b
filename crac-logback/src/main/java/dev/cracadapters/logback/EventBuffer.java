/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import ch.qos.logback.core.OutputStreamAppender;
import dev.cracadapters.logback.LogbackSettings.OnFull;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;

/**
 * The events of one closed file, as many as may be kept. The appender's write lock guards it.
 *
 * <p>Before the restore it takes more than its bound where the oldest are not to be dropped: who
 * comes then was not held up, and must not be. In a process that is in service again, and whose
 * file cannot be opened, it does not.
 */
final class EventBuffer {

  /** What writes the events that are kept to the file. */
  interface Writing {

    /** Writes, and takes out of the events what was written; the length the file was found with. */
    long write(KeptEvents kept) throws IOException;
  }

  private final int capacity;
  private final boolean dropsOldest;
  private final KeptEvents kept = new KeptEvents();
  private final DroppedEvents dropped;

  EventBuffer(OutputStreamAppender<?> appender, FileOpening opening, LogbackSettings settings) {
    this.capacity = settings.bufferSize();
    this.dropsOldest = settings.onFull() == OnFull.DROP_OLDEST;
    this.dropped = new DroppedEvents(appender, opening, capacity);
  }

  boolean dropsOldest() {
    return dropsOldest;
  }

  boolean isFull() {
    return kept.events() >= capacity;
  }

  boolean isEmpty() {
    return kept.isEmpty();
  }

  int events() {
    return kept.events();
  }

  /**
   * Keeps an event, or counts it or an older one as lost.
   *
   * @param inService whether the file should be open by now
   */
  void add(byte[] bytes, int offset, int length, boolean inService) {
    if (isFull() && inService) {
      dropped.warn(dropsOldest ? "the oldest" : "further ones");
      if (!dropsOldest) {
        dropped.add(length);
        return;
      }
    }
    keep(bytes, offset, length);
    while (dropsOldest && kept.events() > capacity) {
      dropped.add(kept.dropOldest());
    }
  }

  /** Keeps an event that is about to be written, whatever the bound. */
  void keep(byte[] bytes, int offset, int length) {
    kept.add(bytes, offset, length);
  }

  /**
   * Has all that is kept written, with a word on what was dropped behind it.
   *
   * @return the length that the file was found with, less what Logback has counted of events that
   *     are not in it
   * @throws IOException if not all could be written; what was not is kept
   */
  long writeBy(Writing writing) throws IOException {
    byte[] notice = dropped.notice();
    if (notice != null) {
      kept.addLast(notice);
    }
    try {
      long length = writing.write(kept);
      long counted = length - dropped.bytes() + (notice == null ? 0 : notice.length);
      dropped.reported();
      return counted;
    } catch (IOException | RuntimeException e) {
      if (notice != null && !kept.takeBack(notice)) {
        dropped.reported();
      }
      throw e;
    }
  }

  /** The way out for what cannot be written to its file. */
  void emptyInto(PrintStream stream) {
    try {
      kept.writeTo(stream);
    } catch (IOException e) {
      throw new UncheckedIOException("a PrintStream throws none", e);
    }
    stream.flush();
    kept.clear();
  }
}
