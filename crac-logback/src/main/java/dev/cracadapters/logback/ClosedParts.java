/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.core.FileAppender;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.InternalGroup;
import dev.cracadapters.logback.appender.LogbackFields;
import dev.cracadapters.logback.appender.OpenPart;
import dev.cracadapters.logback.appender.OpenParts;
import dev.cracadapters.logback.configuration.PausedScanning;
import dev.cracadapters.logback.event.LoggerGate;
import dev.cracadapters.logback.file.ClosedFiles;
import dev.cracadapters.logback.file.StatusFiles;
import dev.cracadapters.logback.network.ClosedConnections;
import dev.cracadapters.logback.network.LogbackNetFields;
import dev.cracadapters.logback.rolling.RollingFields;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is closed of one context.
 *
 * @param all in the order in which they are closed; none where this Logback is not supported
 * @param files the part that closes log files, null where this Logback is not supported
 */
record ClosedParts(OpenPart all, @Nullable ClosedFiles files) {

  private static final InternalGroup<FileInternals> FILES =
      LogbackFields.LIBRARY.required(FileInternals::new);
  private static final InternalGroup<LogbackNetFields> CONNECTIONS =
      LogbackFields.LIBRARY.optional("closing network connections", LogbackNetFields::new);

  private record FileInternals(LogbackFields fields, RollingFields rolling) {
    FileInternals() {
      this(new LogbackFields(), new RollingFields());
    }
  }

  static void refuseUnsupported() throws RefusedException {
    FILES.get();
  }

  /**
   * Finds out what can be closed, and closes nothing.
   *
   * @param configuredMeanwhile called when the context was configured while its files are closed
   */
  static ClosedParts of(
      LoggerContext context,
      LogbackSettings settings,
      LoggerGate gate,
      Runnable configuredMeanwhile) {
    FileInternals internals = FILES.find().orElse(null);
    if (internals == null) {
      return new ClosedParts(new OpenParts(List.of()), null);
    }
    LogbackFields fields = internals.fields();
    ClosedFiles files = new ClosedFiles(settings, gate, fields, internals.rolling());
    List<OpenPart> parts = new ArrayList<>();
    parts.add(new PausedScanning(configuredMeanwhile));
    parts.add(files);
    CONNECTIONS
        .find()
        .ifPresent(network -> parts.add(new ClosedConnections(settings, gate, fields, network)));
    parts.add(new StatusFiles(context, fields));
    return new ClosedParts(new OpenParts(List.copyOf(parts)), files);
  }

  /** Gives an appender of a new configuration, not started yet, its name in this process. */
  void name(FileAppender<?> appender) {
    if (files != null) {
      files.name(appender);
    }
  }

  /** All will be closed for a configuration that is read anew after a restore. */
  void beforeReload() {
    if (files != null) {
      files.beforeReload();
    }
  }
}
