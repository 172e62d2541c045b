/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.Encoder;
import dev.cracadapters.logback.LogbackResource;
import org.jspecify.annotations.Nullable;

/**
 * How many events of one closed file were lost since there was no room for them, and the notice of
 * it. The notice goes into the very file, behind what was kept and past the appender's filters,
 * since few read a status list. The appender's write lock guards it.
 */
final class DroppedEvents {

  private final OutputStreamAppender<?> appender;
  private final FileOpening opening;
  private String reached = "";
  private long events;
  private long bytes;
  private boolean isWarned;

  DroppedEvents(OutputStreamAppender<?> appender, FileOpening opening) {
    this.appender = appender;
    this.opening = opening;
  }

  /** Counts one of so many bytes; {@code setting} is the bound that was reached. */
  void add(int length, String setting) {
    reached = setting;
    events++;
    bytes += length;
  }

  /** Says, once, that events are being lost in a process that is in service. */
  void warn(int kept, String which) {
    if (!isWarned) {
      isWarned = true;
      appender.addError(
          "%s cannot be written since the restore, and %d events are kept: %s are lost from now on"
              .formatted(opening.file(), kept, which));
    }
  }

  /** The bytes that are not in the file, though Logback counted them when they were logged. */
  long bytes() {
    return bytes;
  }

  /** The notice, encoded for the file; null where nothing was lost. */
  byte @Nullable [] notice() {
    if (events == 0 || !(appender.getContext() instanceof LoggerContext context)) {
      return null;
    }
    @SuppressWarnings("unchecked") // below a logger's appenders all take logging events
    Encoder<Object> encoder = (Encoder<Object>) appender.getEncoder();
    Logger logger = context.getLogger(LogbackResource.class);
    try {
      return encoder.encode(
          new LoggingEvent(Logger.FQCN, logger, Level.WARN, message(), null, null));
    } catch (RuntimeException e) { // a layout of the user's: the status list still has it
      appender.addWarn("The number of dropped events cannot be written to the log", e);
      return null;
    }
  }

  /** Says it in the status list, and counts anew. */
  void reported() {
    if (events > 0) {
      appender.addWarn(message());
    }
    events = 0;
    bytes = 0;
    isWarned = false;
  }

  private String message() {
    return "%d log events were dropped from %s while it was closed for a checkpoint (%s)"
        .formatted(events, opening.file(), reached);
  }
}
