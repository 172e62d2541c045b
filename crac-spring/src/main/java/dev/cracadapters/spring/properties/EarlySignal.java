/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.properties;

import dev.cracadapters.core.CheckpointSignal;
import dev.cracadapters.core.Registration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.springframework.core.env.Environment;

/**
 * The handler of {@code spring.crac.checkpoint-signal} before there is a context. Without it the
 * signal would end the process; with it the signal is refused until the application has started.
 */
public final class EarlySignal {

  private static final AtomicReference<@Nullable Registration> HANDLER = new AtomicReference<>();

  private EarlySignal() {}

  /** Installs the handler, if a signal is named. Calling it again does nothing. */
  public static void install(Environment environment) {
    CheckpointSignal.applicationStarts(true);
    // A system property stands.
    CheckpointSignal.installFromSystemProperty();
    String signal = environment.getProperty("spring.crac.checkpoint-signal");
    if (signal != null
        && !signal.isBlank()
        && System.getProperty("crac.checkpoint-signal") == null
        && HANDLER.get() == null) {
      HANDLER.set(handler(signal));
    }
  }

  /**
   * A handler for a signal.
   *
   * @throws UnusableSettingException if there is no such signal, or it has another use
   */
  static Registration handler(String signal) {
    try {
      return CheckpointSignal.install(signal);
    } catch (IllegalArgumentException e) {
      throw UnusableSettingException.below("spring.crac", e);
    }
  }

  /** The handler, for the context that has started: it is now the one to close it. */
  static Optional<Registration> handOver() {
    CheckpointSignal.applicationStarts(false);
    return Optional.ofNullable(HANDLER.getAndSet(null));
  }
}
