/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.core.joran.event.SaxEventRecorder;
import ch.qos.logback.core.joran.spi.JoranException;
import dev.cracadapters.logback.ConfigurationFiles;
import dev.cracadapters.logback.ConfigurationSource;
import dev.cracadapters.spring.environment.RestoredEnvironment;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.logging.LoggingApplicationListener;
import org.springframework.boot.logging.LogFile;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggerGroups;
import org.springframework.boot.logging.LoggingInitializationContext;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.boot.logging.logback.LogbackLoggingSystemProperties;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.io.DefaultResourceLoader;

/**
 * Spring Boot's logging after a restore. Levels that changed are set. Where the log file or any
 * other of {@code logging.*} changed, or with {@code reload} the configuration file, Boot's logging
 * system is initialised once more: {@code springProperty} and {@code springProfile} work only so.
 */
final class LoggingAtRestore implements ConfigurationSource {

  /**
   * As in Spring Boot's own order. It knows Groovy files as well, which Logback no longer reads.
   */
  private static final List<String> CONVENTIONS =
      List.of("logback-test.xml", "logback.xml", "logback-test-spring.xml", "logback-spring.xml");

  private final LoggerContext loggers;
  private final RestoredEnvironment environment;
  private final LoggingSystem system;
  private final @Nullable LoggerGroups groups;
  private final DefaultResourceLoader resources;
  private final boolean reload;
  private final LoggerLevels levels;

  /** What the present configuration was made with; null before the first checkpoint. */
  private @Nullable LoggingProperties before;

  /**
   * Whether the loggers have what {@link #before} says, and not what was there before a failure.
   */
  private boolean settled = true;

  /** Whether the file is not the one that the present configuration was made from. */
  private boolean broken;

  private @Nullable LoggingProperties now;
  private @Nullable ConfigurationFiles filesBefore;
  private byte @Nullable [] textBefore;
  private Map<String, String> systemPropertiesBefore = Map.of();
  private @Nullable String unreadable;

  private LoggingAtRestore(
      LoggerContext loggers,
      ConfigurableApplicationContext context,
      RestoredEnvironment environment,
      LoggingSystem system,
      boolean reload) {
    this.loggers = loggers;
    this.environment = environment;
    this.system = system;
    this.groups = context.getBeanProvider(LoggerGroups.class).getIfAvailable();
    this.resources = new DefaultResourceLoader(context.getClassLoader());
    this.reload = reload;
    this.levels = new LoggerLevels(loggers);
  }

  /** Empty where it is not Spring Boot that configures Logback. */
  static Optional<ConfigurationSource> of(
      LoggerContext loggers,
      ConfigurableApplicationContext context,
      RestoredEnvironment environment,
      boolean reload) {
    String name = LoggingApplicationListener.LOGGING_SYSTEM_BEAN_NAME;
    return context.containsBean(name)
            && loggers.getObject(LoggingSystem.class.getName()) != null
            && context.getBean(name) instanceof LoggingSystem system
        ? Optional.of(new LoggingAtRestore(loggers, context, environment, system, reload))
        : Optional.empty();
  }

  @Override
  public void note() {
    unreadable = null;
    environment.expect();
    LoggingProperties present = before;
    if (present == null) {
      present = LoggingProperties.of(environment.frozen(), groups);
      before = present;
    }
    systemPropertiesBefore = systemProperties(present);
    URL file = reload ? file(present) : null;
    filesBefore = file == null ? null : ConfigurationFiles.read(file);
    if (!broken) {
      textBefore = file == null ? null : text(file);
    }
  }

  /** What Spring Boot hands to Logback by system properties, and would not change afterwards. */
  private static Map<String, String> systemProperties(LoggingProperties properties) {
    Map<String, String> set = new HashMap<>();
    new LogbackLoggingSystemProperties(
            properties.environment(),
            unset -> null,
            (name, value) -> {
              if (value != null && value.equals(System.getProperty(name))) {
                set.put(name, value);
              }
            })
        .apply();
    LogFile file = properties.file();
    if (file != null) {
      java.util.Properties names = new java.util.Properties();
      file.applyTo(names);
      names.stringPropertyNames().forEach(name -> set.put(name, names.getProperty(name)));
    }
    return set;
  }

  @Override
  public Optional<String> changes() {
    LoggingProperties old = before;
    if (old == null) {
      return Optional.empty();
    }
    LoggingProperties found;
    if (settled && environment.isUnchanged()) {
      now = old;
      return changes("", old);
    }
    settled = false;
    try {
      found = LoggingProperties.of(environment.fresh(), groups);
    } catch (RuntimeException e) {
      unreadable = "the application's configuration cannot be read: " + e.getMessage();
      return Optional.of("configuration files, or what the restore was given");
    }
    now = found;
    Optional<String> changes = changes(found.othersChangedSince(old), found);
    if (changes.isEmpty()) {
      setLevels(found, old);
      before = found;
      settled = true;
    }
    return changes;
  }

  /** What changed in the properties, and in the files where that is looked at. */
  private Optional<String> changes(String inProperties, LoggingProperties found) {
    String changes = inProperties;
    URL file = reload ? file(found) : null;
    if (file != null && filesBefore != null) {
      String inFiles = ConfigurationFiles.read(file).changesSince(filesBefore);
      changes = changes + (changes.isEmpty() || inFiles.isEmpty() ? "" : ", ") + inFiles;
    }
    return changes.isEmpty() ? Optional.empty() : Optional.of(changes);
  }

  @Override
  public void rehearse() {
    LoggingProperties old = before;
    if (old != null) {
      LoggingProperties found = LoggingProperties.of(environment.fresh(), groups);
      changes(found.othersChangedSince(old), found);
      found.levelsChangedSince(old);
    }
  }

  private void setLevels(LoggingProperties found, LoggingProperties old) {
    if (groups != null) {
      groups.putAll(found.groups());
    }
    Map<String, @Nullable LogLevel> changed = found.levelsChangedSince(old);
    changed.forEach(this::setLevel);
    levels.configured(changed.keySet());
  }

  private void setLevel(String logger, @Nullable LogLevel level) {
    // The root logger has to have one; this is Spring Boot's own.
    LogLevel set = level == null && logger.equals("ROOT") ? LogLevel.INFO : level;
    system.setLogLevel(logger, set);
  }

  @Override
  public Optional<String> flaw() {
    if (unreadable != null || now == null) {
      return Optional.ofNullable(unreadable);
    }
    String location = location(now);
    if (location != null) {
      LoggerContext trial = new LoggerContext();
      try (InputStream in = resources.getResource(location).getInputStream()) {
        new SaxEventRecorder(trial).recordEvents(in);
      } catch (IOException | JoranException e) {
        broken = true;
        return Optional.of(location + " cannot be read: " + e.getMessage());
      } finally {
        trial.stop();
      }
    }
    return flaw(now.file());
  }

  private static Optional<String> flaw(@Nullable LogFile file) {
    if (file != null) {
      Path path = Path.of(file.toString()).toAbsolutePath();
      try {
        Files.createDirectories(path.getParent());
        Files.newOutputStream(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND).close();
      } catch (IOException e) {
        return Optional.of("the log file " + path + " cannot be written: " + e);
      }
    }
    return Optional.empty();
  }

  @Override
  public void apply() throws IOException {
    LoggingProperties old = before;
    LoggingProperties found = now;
    if (old == null || found == null) {
      throw new IllegalStateException("There was no checkpoint");
    }
    Map<String, @Nullable Level> setAtRunTime = levels.setAtRunTime();
    setAtRunTime.keySet().removeAll(found.levelsChangedSince(old).keySet());
    systemPropertiesBefore.keySet().forEach(System::clearProperty);
    try {
      initialize(found, found.location());
      before = found;
      settled = true;
    } catch (RuntimeException | LinkageError e) {
      broken = true;
      settled = false;
      goBack(old, found);
      throw new IllegalStateException(e.getMessage(), e);
    } finally {
      levels.configured();
      levels.setAgain(setAtRunTime);
    }
  }

  private void goBack(LoggingProperties old, LoggingProperties found) throws IOException {
    systemProperties(found).keySet().forEach(System::clearProperty);
    systemPropertiesBefore.forEach(System::setProperty);
    if (textBefore == null) {
      initialize(old, old.location());
      return;
    }
    // The file may be another by now.
    Path text = Files.createTempFile("logback-", ".xml");
    try {
      Files.write(text, textBefore);
      initialize(old, text.toUri().toString());
    } finally {
      Files.delete(text);
    }
  }

  private void initialize(LoggingProperties properties, @Nullable String location) {
    // As the logging system's own clean-up, which would also take away the bridge from
    // java.util.logging.
    loggers.removeObject(LoggingSystem.class.getName());
    loggers.getStatusManager().clear();
    ConfigurableEnvironment environment = properties.environment();
    LogFile file = properties.file();
    system.getSystemProperties(environment).apply(file);
    system.initialize(new LoggingInitializationContext(environment), location, file);
    if (groups != null) {
      groups.putAll(properties.groups());
    }
    properties.levels().forEach(this::setLevel);
  }

  private @Nullable URL file(LoggingProperties properties) {
    String location = location(properties);
    try {
      return location == null ? null : resources.getResource(location).getURL();
    } catch (IOException e) {
      return null; // it is not there: initialising says so
    }
  }

  private @Nullable String location(LoggingProperties properties) {
    String named = properties.location();
    if (named != null) {
      return named;
    }
    return CONVENTIONS.stream()
        .map(name -> "classpath:" + name)
        .filter(location -> resources.getResource(location).exists())
        .findFirst()
        .orElse(null);
  }

  private byte @Nullable [] text(URL file) {
    try (InputStream in = file.openStream()) {
      return in.readAllBytes();
    } catch (IOException e) {
      return null;
    }
  }
}
