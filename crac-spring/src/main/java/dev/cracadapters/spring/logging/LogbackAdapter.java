/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.logging;

import ch.qos.logback.classic.LoggerContext;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.Registration;
import dev.cracadapters.logback.LogbackResource;
import dev.cracadapters.logback.LogbackSettings;
import dev.cracadapters.spring.adapter.LibraryAdapter;
import dev.cracadapters.spring.adapter.ProcessWide;
import dev.cracadapters.spring.adapter.RegisteredObjects;
import dev.cracadapters.spring.environment.RestoredEnvironment;
import dev.cracadapters.spring.properties.EnvironmentProperties;
import java.util.List;
import java.util.Optional;
import org.slf4j.LoggerFactory;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.Environment;
import org.springframework.util.ClassUtils;

/**
 * Registers the logger contexts that Logback knows of, once for the process, and those that an
 * application made as beans.
 */
public final class LogbackAdapter implements LibraryAdapter {

  private static final String LOGGING_SYSTEM = "org.springframework.boot.logging.LoggingSystem";

  private final LogbackSettings settings;
  private final RestoredEnvironment restored;
  private final RegisteredObjects beans = new RegisteredObjects();
  private boolean joined;

  public LogbackAdapter(Environment environment, RestoredEnvironment restored) {
    this.restored = restored;
    settings =
        EnvironmentProperties.read(environment, "spring.crac.logback", LogbackSettings.defaults());
  }

  @Override
  public synchronized List<Registration> join(ConfigurableApplicationContext context) {
    // Logback may be on the class path and another binding in use.
    if (joined || !(LoggerFactory.getILoggerFactory() instanceof LoggerContext loggers)) {
      return List.of();
    }
    joined = true;
    return List.of(ProcessWide.register(LogbackResource.class, () -> resource(loggers, context)));
  }

  private PhasedResource resource(LoggerContext loggers, ConfigurableApplicationContext context) {
    return ClassUtils.isPresent(LOGGING_SYSTEM, context.getClassLoader())
        ? LogbackResource.ofAllContexts(
            settings,
            one ->
                one == loggers
                    ? LoggingAtRestore.of(loggers, context, restored, settings.reload())
                    : Optional.empty())
        : LogbackResource.ofAllContexts(settings);
  }

  @Override
  public Class<?> beanType() {
    return LoggerContext.class;
  }

  @Override
  public List<Registration> join(ConfigurableApplicationContext context, String name, Object bean) {
    return bean instanceof LoggerContext loggers && loggers != LoggerFactory.getILoggerFactory()
        ? beans.register(loggers, () -> LogbackResource.of(loggers, settings))
        : List.of();
  }
}
