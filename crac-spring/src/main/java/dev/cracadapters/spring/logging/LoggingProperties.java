/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.logging;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.logging.LogFile;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggerGroup;
import org.springframework.boot.logging.LoggerGroups;
import org.springframework.core.ResolvableType;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Spring Boot's {@code logging.*} in one environment.
 *
 * @param environment where they come from
 * @param levels of each logger, groups resolved
 * @param groups those that the properties name
 * @param others all that is no level and no group
 */
record LoggingProperties(
    ConfigurableEnvironment environment,
    Map<String, LogLevel> levels,
    Map<String, List<String>> groups,
    Map<String, String> others) {

  private static final Bindable<Map<String, List<String>>> GROUPS =
      Bindable.of(
          ResolvableType.forClassWithGenerics(
              Map.class,
              ResolvableType.forClass(String.class),
              ResolvableType.forClassWithGenerics(List.class, String.class)));

  /**
   * Reads them.
   *
   * @param known the groups that there are without the properties
   * @throws RuntimeException if a value cannot be read
   */
  static LoggingProperties of(ConfigurableEnvironment environment, @Nullable LoggerGroups known) {
    Binder binder = Binder.get(environment);
    Map<String, List<String>> named = binder.bind("logging.group", GROUPS).orElseGet(Map::of);
    Map<String, List<String>> groups = new HashMap<>();
    if (known != null) {
      for (LoggerGroup group : known) {
        groups.put(group.getName(), group.getMembers());
      }
    }
    groups.putAll(named);
    Map<String, LogLevel> levels = new HashMap<>();
    binder
        .bind("logging.level", Bindable.mapOf(String.class, LogLevel.class))
        .orElseGet(Map::of)
        .forEach(
            (name, level) ->
                groups
                    .getOrDefault(name, List.of(name))
                    .forEach(logger -> levels.put(rootOr(logger), level)));
    Map<String, String> others =
        new HashMap<>(
            binder.bind("logging", Bindable.mapOf(String.class, String.class)).orElseGet(Map::of));
    others.keySet().removeIf(name -> name.startsWith("level.") || name.startsWith("group."));
    return new LoggingProperties(environment, levels, named, others);
  }

  private static String rootOr(String name) {
    return name.equalsIgnoreCase("root") ? "ROOT" : name;
  }

  /** The level of each logger for which it changed; null where there is none any more. */
  Map<String, @Nullable LogLevel> levelsChangedSince(LoggingProperties earlier) {
    return LoggerLevels.changes(levels, earlier.levels);
  }

  /** The names of the other properties that changed. */
  String othersChangedSince(LoggingProperties earlier) {
    return LoggerLevels.changes(others, earlier.others).keySet().stream()
        .map(name -> "logging." + name)
        .collect(Collectors.joining(", "));
  }

  @Nullable LogFile file() {
    return LogFile.get(environment);
  }

  /** The location that is named, if any. */
  @Nullable String location() {
    String location = environment.getProperty("logging.config");
    return location == null || location.isBlank() || location.startsWith("-D")
        ? null
        : location.strip();
  }
}
