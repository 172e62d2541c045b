/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.settings;

import com.zaxxer.hikari.HikariConfig;
import dev.cracadapters.hikari.pool.PoolAccess;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A configuration's values at one time, by the names of {@code HikariConfig}'s properties: all that
 * have a getter and a setter, so that one that a later HikariCP adds is seen, too.
 */
final class ConfiguredValues {

  static final String PROPERTIES = "dataSourceProperties";
  static final String DRIVER = "driverClassName";
  static final String MAXIMUM = "maximumPoolSize";
  static final String IDLE = "minimumIdle";

  private static final int DEFAULT_MAXIMUM = 10;

  /** Set from outside when a pool is made ready, and not missed where it is not given. */
  private static final Set<String> FROM_OUTSIDE =
      Set.of(
          "healthCheckRegistry",
          "metricRegistry",
          "metricsTrackerFactory",
          "poolName",
          "scheduledExecutor",
          "threadFactory");

  /** Objects without equals, of which a new configuration usually has new ones. */
  private static final Set<String> LIKE_BY_CLASS =
      Set.of("exceptionOverride", "metricsTrackerFactory", "threadFactory");

  /** Another name for what is compared already. */
  private static final Set<String> DOUBLE = Set.of("credentials", "credentialsProviderClassName");

  private static final Map<String, Property> ALL = properties();

  private record Property(Method getter, Method setter) {}

  private final Map<String, @Nullable Object> values = new HashMap<>();

  private ConfiguredValues() {}

  static ConfiguredValues of(HikariConfig config) {
    ConfiguredValues taken = new ConfiguredValues();
    ALL.forEach(
        (name, property) -> {
          Object value = call(property.getter(), config);
          // A copy of a configuration shares its properties with it.
          taken.values.put(
              name, value instanceof Properties properties ? properties.clone() : value);
        });
    taken.completeSizes();
    return taken;
  }

  /** As HikariCP does it for sizes that are not set, when it starts a pool. */
  private void completeSizes() {
    int most = (Integer) Objects.requireNonNull(values.get(MAXIMUM));
    if (most < 1) {
      most = DEFAULT_MAXIMUM;
      values.put(MAXIMUM, most);
    }
    int idle = (Integer) Objects.requireNonNull(values.get(IDLE));
    if (idle < 0 || idle > most) {
      values.put(IDLE, most);
    }
  }

  /** The names of what is set to something else here. */
  SortedSet<String> differingFrom(ConfiguredValues other) {
    return ALL.keySet().stream()
        .filter(name -> differs(name, values.get(name), other.values.get(name)))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static boolean differs(String name, @Nullable Object here, @Nullable Object there) {
    if (Objects.equals(here, there) || (here == null && FROM_OUTSIDE.contains(name))) {
      return false;
    }
    return here == null
        || there == null
        || !LIKE_BY_CLASS.contains(name)
        || here.getClass() != there.getClass();
  }

  boolean has(String name) {
    return values.get(name) != null;
  }

  /** Sets a configuration, which must not be sealed, to what is set here. */
  void set(HikariConfig config, Set<String> names, PoolAccess access) {
    for (String name : names) {
      Object value = values.get(name);
      switch (name) {
        case PROPERTIES -> access.properties(config, (Properties) Objects.requireNonNull(value));
        case DRIVER -> access.driver(config, (String) value);
        default -> call(Objects.requireNonNull(ALL.get(name)).setter(), config, value);
      }
    }
  }

  private static @Nullable Object call(
      Method method, HikariConfig config, @Nullable Object... arguments) {
    try {
      return method.invoke(config, arguments);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    } catch (InvocationTargetException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(e.getCause());
    }
  }

  private static Map<String, Property> properties() {
    Map<String, Property> found = new TreeMap<>();
    for (Method getter : HikariConfig.class.getMethods()) {
      String name = getter.getName().replaceFirst("^(get|is)(?=[A-Z])", "");
      if (getter.getParameterCount() > 0 || name.equals(getter.getName())) {
        continue;
      }
      try {
        Method setter = HikariConfig.class.getMethod("set" + name, getter.getReturnType());
        found.put(
            Character.toLowerCase(name.charAt(0)) + name.substring(1),
            new Property(getter, setter));
      } catch (NoSuchMethodException e) {
        // Nothing that is configured.
      }
    }
    found.keySet().removeAll(DOUBLE);
    if (found.containsKey("exceptionOverride")) {
      // HikariCP 7 also writes the name of a credentials provider there.
      found.remove("exceptionOverrideClassName");
    }
    return Collections.unmodifiableMap(found);
  }
}
