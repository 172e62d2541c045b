/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.core.FileAppender;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.InternalGroup;
import dev.cracadapters.logback.appender.EachTried;
import dev.cracadapters.logback.appender.LogbackMembers;
import dev.cracadapters.logback.appender.OpenPart;
import dev.cracadapters.logback.configuration.PausedScanning;
import dev.cracadapters.logback.event.LoggerGate;
import dev.cracadapters.logback.file.ClosedFiles;
import dev.cracadapters.logback.file.StatusFiles;
import dev.cracadapters.logback.network.ClosedConnections;
import dev.cracadapters.logback.network.NetworkMembers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is closed of one context; nothing where this Logback is not supported. */
final class ClosedParts implements OpenPart {

  private static final InternalGroup<LogbackMembers> FILES =
      LogbackMembers.LIBRARY.required(LogbackMembers::new);
  private static final InternalGroup<NetworkMembers> CONNECTIONS =
      LogbackMembers.LIBRARY.optional("closing network connections", NetworkMembers::new);

  /** In the order in which they are closed. */
  private final List<OpenPart> parts = new ArrayList<>();

  private @Nullable ClosedFiles files;

  /**
   * Finds out what can be closed, and closes nothing.
   *
   * @param configuredMeanwhile called when the context was configured while its files are closed
   */
  ClosedParts(
      LoggerContext context,
      LogbackSettings settings,
      LoggerGate gate,
      Runnable configuredMeanwhile) {
    FILES
        .find()
        .ifPresent(
            fields -> {
              files = new ClosedFiles(settings, gate, fields);
              parts.add(new PausedScanning(configuredMeanwhile));
              parts.add(files);
              CONNECTIONS
                  .find()
                  .map(network -> new ClosedConnections(settings, gate, fields, network))
                  .ifPresent(parts::add);
              parts.add(new StatusFiles(context, fields));
            });
  }

  static void refuseUnsupported() throws RefusedException {
    FILES.get();
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

  @Override
  public void close(LoggerContext context, Deadline deadline)
      throws RefusedException, InterruptedException {
    new EachTried<>(parts, RefusedException.class).run(part -> part.close(context, deadline));
  }

  @Override
  public void closeFurther(LoggerContext context, Deadline deadline)
      throws RefusedException, InterruptedException {
    new EachTried<>(parts, RefusedException.class)
        .run(part -> part.closeFurther(context, deadline));
  }

  @Override
  public void open(Deadline deadline) throws IOException {
    List<OpenPart> reversed = new ArrayList<>(parts);
    Collections.reverse(reversed);
    new EachTried<>(reversed, IOException.class).run(part -> part.open(deadline));
  }
}
