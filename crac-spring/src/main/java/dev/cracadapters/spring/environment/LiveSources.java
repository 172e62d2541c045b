/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.environment;

import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.properties.BoundConfigurationProperties;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.PropertySource;
import org.springframework.util.ReflectionUtils;

/**
 * Puts the property sources of a restore in the place of those from before the checkpoint, in the
 * environments that the application uses. What Spring Boot remembers of the old ones goes with
 * them: its caches, and its list of the properties that were bound.
 */
final class LiveSources {

  private static final Logger LOG = LoggerFactory.getLogger(LiveSources.class);

  private static final String BINDER =
      "org.springframework.boot.context.internalConfigurationPropertiesBinder";

  private LiveSources() {}

  static void refresh(
      ConfigurableEnvironment live,
      ConfigurableEnvironment fresh,
      Collection<ConfigurableApplicationContext> contexts) {
    Set<ConfigurableEnvironment> environments = Collections.newSetFromMap(new IdentityHashMap<>());
    environments.add(live);
    contexts.forEach(context -> environments.add(context.getEnvironment()));
    environments.forEach(environment -> replace(environment.getPropertySources(), fresh));
    // Also where nothing was replaced: copies of environment variables are among what is cached.
    for (ConfigurableEnvironment environment : environments) {
      MutablePropertySources sources = environment.getPropertySources();
      if (sources.remove(EnvironmentAtRestore.ATTACHED) != null) {
        ConfigurationPropertySources.attach(environment);
      }
    }
    contexts.forEach(LiveSources::forget);
  }

  private static void replace(MutablePropertySources live, ConfigurableEnvironment fresh) {
    boolean hasFiles = live.stream().anyMatch(EnvironmentAtRestore::isReadAtRestore);
    for (PropertySource<?> source : live.stream().toList()) {
      if (EnvironmentAtRestore.isReadAtRestore(source)
          && !fresh.getPropertySources().contains(source.getName())) {
        live.remove(source.getName());
      }
    }
    @Nullable String previous = null;
    for (PropertySource<?> source : fresh.getPropertySources()) {
      String name = source.getName();
      PropertySource<?> present = live.get(name);
      if (present != null) {
        if (isToBeReplaced(present, source)) {
          live.replace(name, source);
        }
        previous = name;
      } else if (EnvironmentAtRestore.isReadAtRestore(source)
          && (hasFiles || !EnvironmentAtRestore.isConfigFile(source))) {
        if (previous == null) {
          live.addFirst(source);
        } else {
          live.addAfter(previous, source);
        }
        previous = name;
      }
    }
  }

  private static boolean isToBeReplaced(PropertySource<?> present, PropertySource<?> source) {
    if (source.getName().equals(EnvironmentAtRestore.VARIABLES)) {
      // The JDK's own variables may be closed to the restore; then it alone knows the new ones.
      return !EnvironmentAtRestore.variables().equals(System.getenv())
          || present.getSource() != System.getenv();
    }
    return EnvironmentAtRestore.isReadAtRestore(source) && !isEqual(present, source);
  }

  private static boolean isEqual(PropertySource<?> one, PropertySource<?> other) {
    return values(one).equals(values(other));
  }

  private static Map<String, String> values(PropertySource<?> source) {
    Map<String, String> values = new HashMap<>();
    if (source instanceof EnumerablePropertySource<?> enumerable) {
      Arrays.stream(enumerable.getPropertyNames())
          .forEach(name -> values.put(name, String.valueOf(enumerable.getProperty(name))));
    }
    return values;
  }

  /** What Spring Boot keeps for a context beside the environment. */
  private static void forget(ConfigurableApplicationContext context) {
    Object binder =
        context.getBeanFactory().containsBean(BINDER)
            ? context.getBeanFactory().getBean(BINDER)
            : null;
    if (binder != null) {
      Field cached = field(binder, "binder");
      if (cached != null) {
        ReflectionUtils.setField(cached, binder, null); // it makes another when it is asked
      }
    }
    BoundConfigurationProperties bound = BoundConfigurationProperties.get(context);
    Field properties = bound == null ? null : field(bound, "properties");
    if (properties != null
        && ReflectionUtils.getField(properties, bound) instanceof Map<?, ?> entries) {
      lookUpAgain(entries, context.getEnvironment());
    }
  }

  @SuppressWarnings("unchecked") // the entries are those of BoundConfigurationProperties
  private static void lookUpAgain(Map<?, ?> entries, ConfigurableEnvironment environment) {
    Iterator<? extends Map.Entry<?, ?>> each = entries.entrySet().iterator();
    while (each.hasNext()) {
      Map.Entry<?, Object> entry = (Map.Entry<?, Object>) each.next();
      ConfigurationProperty found =
          entry.getKey() instanceof ConfigurationPropertyName name ? find(name, environment) : null;
      if (found == null) {
        each.remove();
      } else {
        entry.setValue(found);
      }
    }
  }

  private static @Nullable ConfigurationProperty find(
      ConfigurationPropertyName name, ConfigurableEnvironment environment) {
    for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
      ConfigurationProperty found = source.getConfigurationProperty(name);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  private static @Nullable Field field(Object owner, String name) {
    Field field = ReflectionUtils.findField(owner.getClass(), name);
    try {
      if (field != null) {
        field.setAccessible(true);
        return field;
      }
    } catch (RuntimeException e) {
      LOG.debug("{} is closed", owner.getClass(), e);
    }
    LOG.warn(
        "This Spring Boot keeps bound properties in a way that is not known: passwords from before"
            + " the restore may stay in memory ({}.{})",
        owner.getClass().getName(),
        name);
    return null;
  }
}
