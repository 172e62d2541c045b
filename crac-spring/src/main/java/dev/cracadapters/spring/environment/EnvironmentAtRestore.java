/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.environment;

import dev.cracadapters.core.RestoreInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.SimpleCommandLinePropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/**
 * An application's environment as it would be if the application were started now, and as it was at
 * one moment. The application's own environment is not changed.
 */
final class EnvironmentAtRestore {

  static final String ATTACHED = "configurationProperties";
  static final String VARIABLES = StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME;
  private static final String PROPERTIES =
      StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME;

  private static final String ARGUMENTS = "arguments of the restore";

  private EnvironmentAtRestore() {}

  /**
   * As it is at this moment: a restore changes what {@code System.getenv} and {@code
   * System.getProperties} show, also through Spring.
   */
  static ConfigurableEnvironment frozen(ConfigurableEnvironment live) {
    Map<String, Object> properties = new HashMap<>();
    for (String name : System.getProperties().stringPropertyNames()) {
      properties.put(name, System.getProperty(name, ""));
    }
    return copy(live, present(live), properties);
  }

  /** The variables that the environment shows: an earlier restore may have put its own there. */
  private static Map<String, Object> present(ConfigurableEnvironment live) {
    Map<String, Object> variables = new HashMap<>();
    if (live.getPropertySources().get(VARIABLES) instanceof EnumerablePropertySource<?> source
        && source.getSource() instanceof Map<?, ?> shown) {
      shown.forEach((name, value) -> variables.put(String.valueOf(name), value));
    }
    return variables;
  }

  /**
   * With the restore's arguments, environment variables and system properties, and with the
   * configuration files as they are now.
   *
   * @param files takes note of the configuration files
   * @throws RuntimeException if a configuration file cannot be read
   */
  static ConfigurableEnvironment fresh(ConfigurableEnvironment live, ConfigurationFilesRead files) {
    ConfigurableEnvironment reading =
        copy(live, variables(), new StandardEnvironment().getSystemProperties());
    MutablePropertySources sources = reading.getPropertySources();
    sources.remove(ARGUMENTS); // an earlier restore's
    arguments().ifPresent(sources::addFirst);
    List<PropertySource<?>> before = sources.stream().toList();
    before.stream()
        .filter(EnvironmentAtRestore::isConfigFile)
        .forEach(source -> sources.remove(source.getName()));
    Set<String> others = new HashSet<>();
    sources.forEach(source -> others.add(source.getName()));
    if (live.getPropertySources().contains(ATTACHED)) { // else it is not Spring Boot's
      BootsConfigData.applyTo(reading, files);
    }
    List<PropertySource<?>> read =
        sources.stream()
            .filter(source -> !others.contains(source.getName()))
            .filter(source -> !source.getName().equals(ATTACHED))
            .<PropertySource<?>>map(source -> source)
            .toList();
    // Each where it was: sources that were added after the files, such as @PropertySource, come
    // after them.
    List<PropertySource<?>> ordered = new ArrayList<>(before);
    ordered.removeIf(EnvironmentAtRestore::isConfigFile);
    int place = (int) before.stream().takeWhile(source -> !isConfigFile(source)).count();
    ordered.addAll(place, read);
    ConfigurableEnvironment fresh = empty(live);
    ordered.forEach(fresh.getPropertySources()::addLast);
    ConfigurationPropertySources.attach(fresh);
    return fresh;
  }

  /** A digest of what the application's environment shows; null where that cannot be told. */
  static @Nullable String state(ConfigurableEnvironment live) {
    return EnvironmentState.digest(live, shown(live));
  }

  /**
   * The same as it would be with the restore's arguments, environment variables and system
   * properties, and with the files that were read before.
   */
  static @Nullable String stateWithGiven(ConfigurableEnvironment live) {
    List<PropertySource<?>> sources = new ArrayList<>();
    arguments().ifPresent(sources::add);
    for (PropertySource<?> source : shown(live)) {
      if (source.getName().equals(VARIABLES)) {
        sources.add(new SystemEnvironmentPropertySource(VARIABLES, variables()));
      } else if (!source.getName().equals(ARGUMENTS)) { // an earlier restore's
        sources.add(source);
      }
    }
    return EnvironmentState.digest(live, sources);
  }

  private static List<PropertySource<?>> shown(ConfigurableEnvironment live) {
    return live.getPropertySources().stream()
        .filter(source -> !source.getName().equals(ATTACHED))
        .<PropertySource<?>>map(source -> source)
        .toList();
  }

  /** Whether the configuration files that were read give what the environment shows of them. */
  static boolean haveSameFiles(ConfigurableEnvironment one, ConfigurableEnvironment other) {
    return Objects.equals(
        EnvironmentState.digest(one, files(one)), EnvironmentState.digest(other, files(other)));
  }

  private static List<PropertySource<?>> files(ConfigurableEnvironment environment) {
    return environment.getPropertySources().stream()
        .filter(EnvironmentAtRestore::isConfigFile)
        .<PropertySource<?>>map(source -> source)
        .toList();
  }

  /** A digest of all variables that the environment shows. */
  static String shownVariables(ConfigurableEnvironment live) {
    return EnvironmentState.digest(present(live));
  }

  /** The same of those that the restore has brought. */
  static String givenVariables() {
    return EnvironmentState.digest(variables());
  }

  /** With the restore's variables, and all else as it is. */
  static ConfigurableEnvironment withVariables(ConfigurableEnvironment live) {
    return copy(live, variables(), new StandardEnvironment().getSystemProperties());
  }

  /** What {@link #fresh} does not take over from the application's environment. */
  static boolean isReadAtRestore(PropertySource<?> source) {
    return isConfigFile(source) || source.getName().equals(ARGUMENTS);
  }

  /** The names that Spring Boot gives to what it loads. */
  static boolean isConfigFile(PropertySource<?> source) {
    return source.getName().startsWith("Config resource '")
        || source.getName().startsWith("Config tree '");
  }

  private static Optional<PropertySource<?>> arguments() {
    return RestoreInfo.latest()
        .map(RestoreInfo::arguments)
        .filter(arguments -> !arguments.isEmpty())
        .map(
            arguments ->
                new SimpleCommandLinePropertySource(ARGUMENTS, arguments.toArray(String[]::new)));
  }

  /** Those of the restore, which the JDK's own may not show. */
  static Map<String, Object> variables() {
    return new HashMap<>(
        RestoreInfo.latest().map(RestoreInfo::environment).orElseGet(System::getenv));
  }

  private static ConfigurableEnvironment copy(
      ConfigurableEnvironment live, Map<String, Object> variables, Map<String, Object> properties) {
    ConfigurableEnvironment copy = empty(live);
    for (PropertySource<?> source : live.getPropertySources()) {
      switch (source.getName()) {
        case ATTACHED -> {}
        case VARIABLES ->
            copy.getPropertySources()
                .addLast(new SystemEnvironmentPropertySource(VARIABLES, variables));
        case PROPERTIES ->
            copy.getPropertySources().addLast(new MapPropertySource(PROPERTIES, properties));
        default -> copy.getPropertySources().addLast(source);
      }
    }
    ConfigurationPropertySources.attach(copy);
    return copy;
  }

  private static ConfigurableEnvironment empty(ConfigurableEnvironment live) {
    StandardEnvironment environment = new StandardEnvironment();
    environment
        .getPropertySources()
        .forEach(source -> environment.getPropertySources().remove(source.getName()));
    environment.setActiveProfiles(live.getActiveProfiles());
    environment.setConversionService(live.getConversionService());
    return environment;
  }
}
