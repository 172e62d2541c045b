/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.configuration;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.core.spi.ContextAwareBase;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.logback.ConfigurationSource;
import dev.cracadapters.logback.LogbackResource;
import dev.cracadapters.logback.event.LoggerGate;
import java.util.Optional;

/**
 * One change of a context's configuration, without an event lost: threads that log wait while the
 * context is reset and configured anew. What they logged before is in the files of the old
 * configuration, what they log from then on in those of the new one.
 */
public final class Reconfiguration extends ContextAwareBase {

  private final LoggerContext context;
  private final LoggerGate gate;

  public Reconfiguration(LoggerContext context, LoggerGate gate) {
    this.context = context;
    this.gate = gate;
    setContext(context);
  }

  /**
   * Takes a new configuration, or says why the old one stays.
   *
   * @param teardown brings what is open to an end before
   * @param configured sees to what the new configuration has opened, before anybody logs to it
   */
  public boolean run(ConfigurationSource source, Teardown teardown, Runnable configured) {
    Optional<String> changes = Optional.of("it is not known what");
    String failure;
    try {
      changes = source.changes();
      if (changes.isEmpty()) {
        return false;
      }
      failure = source.flaw().or(() -> change(source, teardown, configured)).orElse(null);
    } catch (RuntimeException | LinkageError e) {
      failure = e.toString();
    }
    org.slf4j.Logger log = context.getLogger(LogbackResource.class);
    if (failure == null) {
      String message =
          "Logback's configuration was read again after the restore, for this changed: "
              + changes.get();
      addInfo(message);
      log.info(message);
      return true;
    }
    String message =
        "Logback's configuration changed since the checkpoint (%s), but cannot be used: %s. The one from before stays. Fix it, and restore again"
            .formatted(changes.get(), failure);
    addError(message);
    log.warn(message);
    return false;
  }

  /** Brings what is open to an end before the old configuration goes. */
  public interface Teardown {
    public void run(Deadline deadline) throws Exception;
  }

  private Optional<String> change(
      ConfigurationSource source, Teardown teardown, Runnable configured) {
    gate.hold(context);
    try {
      Deadline deadline = gate.patience();
      if (!gate.awaitQuiet(deadline)) {
        return Optional.of("threads are still logging at the end of drain-timeout");
      }
      teardown.run(deadline);
      try {
        source.apply();
      } finally {
        configured.run(); // also where the old configuration is made once more
      }
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of("the thread that reads it was interrupted");
    } catch (Exception | LinkageError e) {
      return Optional.of(String.valueOf(e.getMessage()));
    } finally {
      gate.release();
    }
  }
}
