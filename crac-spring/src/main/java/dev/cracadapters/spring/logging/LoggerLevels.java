/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The levels that a configuration has given to loggers. Levels that were set at run time, such as
 * through Spring Boot's endpoint, differ from them, and outlive a new configuration.
 */
final class LoggerLevels {

  private final LoggerContext loggers;
  private Map<String, Level> configured;

  LoggerLevels(LoggerContext loggers) {
    this.loggers = loggers;
    this.configured = levels();
  }

  private Map<String, Level> levels() {
    Map<String, Level> levels = new HashMap<>();
    for (Logger logger : loggers.getLoggerList()) {
      if (logger.getLevel() != null) {
        levels.put(logger.getName(), logger.getLevel());
      }
    }
    return levels;
  }

  /** What was set at run time: null for a level that was taken away. */
  Map<String, @Nullable Level> setAtRunTime() {
    return changes(levels(), configured);
  }

  /** What differs in two maps, as it is in the first one: null for what is only in the second. */
  static <V> Map<String, @Nullable V> changes(Map<String, V> now, Map<String, V> before) {
    Map<String, @Nullable V> changes = new TreeMap<>();
    Stream.of(now, before)
        .flatMap(map -> map.keySet().stream())
        .filter(name -> !Objects.equals(now.get(name), before.get(name)))
        .forEach(name -> changes.put(name, now.get(name)));
    return changes;
  }

  /** What the loggers have now is what the configuration gave them. */
  void configured() {
    configured = levels();
  }

  /** The same for some loggers only. */
  void configured(Set<String> names) {
    Map<String, Level> now = levels();
    names.forEach(name -> configured.compute(name, (same, before) -> now.get(name)));
  }

  /** Sets again what was set at run time. */
  void setAgain(Map<String, @Nullable Level> levels) {
    levels.forEach((name, level) -> loggers.getLogger(name).setLevel(level));
  }
}
