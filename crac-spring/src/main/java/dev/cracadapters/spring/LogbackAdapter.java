/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring;

import ch.qos.logback.classic.LoggerContext;
import dev.cracadapters.core.Registration;
import dev.cracadapters.logback.LogbackResource;
import dev.cracadapters.logback.LogbackSettings;
import java.util.List;
import org.slf4j.LoggerFactory;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.util.ClassUtils;

/** Registers the logger context that SLF4J logs to, once for the process. */
final class LogbackAdapter implements LibraryAdapter {

  private static final String LOGGING_SYSTEM = "org.springframework.boot.logging.LoggingSystem";

  private final LogbackSettings settings;
  private boolean joined;

  LogbackAdapter(CracProperties.Logback properties) {
    settings =
        new LogbackSettings(
            properties.getBufferSize(),
            LogbackSettings.OnFull.valueOf(properties.getOnFull().name()),
            properties.getDrainTimeout(),
            LogbackSettings.OnRestore.valueOf(properties.getOnRestore().name()),
            properties.isReload());
  }

  @Override
  public synchronized List<Registration> join(ConfigurableApplicationContext context) {
    // Logback may be on the class path and another binding in use.
    if (joined || !(LoggerFactory.getILoggerFactory() instanceof LoggerContext loggers)) {
      return List.of();
    }
    joined = true;
    return List.of(ProcessWide.register(loggers, () -> resource(loggers, context)));
  }

  private LogbackResource resource(LoggerContext loggers, ConfigurableApplicationContext context) {
    return ClassUtils.isPresent(LOGGING_SYSTEM, context.getClassLoader())
        ? LoggingAtRestore.of(loggers, context, settings.reload())
            .map(source -> LogbackResource.of(loggers, settings, source))
            .orElseGet(() -> LogbackResource.of(loggers, settings))
        : LogbackResource.of(loggers, settings);
  }
}
