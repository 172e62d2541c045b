/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.environment;

import dev.cracadapters.core.support.InternalField;
import dev.cracadapters.core.support.InternalGroup;
import dev.cracadapters.core.support.LibraryInternals;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
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

/**
 * Puts the property sources of a restore in the place of those from before the checkpoint, in the
 * environments that the application uses. What Spring Boot remembers of the old ones goes with
 * them: its caches, and its list of the properties that were bound.
 */
final class LiveSources {

  private static final LibraryInternals BOOT =
      LibraryInternals.of("Spring Boot", BoundConfigurationProperties.class, "crac-spring");

  private static final InternalGroup<Memory> MEMORY =
      BOOT.optional("forgetting the passwords from before a restore", Memory::new);

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
    MEMORY.find().ifPresent(memory -> contexts.forEach(memory::forget));
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
        if (mustBeReplaced(present, source)) {
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

  private static boolean mustBeReplaced(PropertySource<?> present, PropertySource<?> source) {
    if (source.getName().equals(EnvironmentAtRestore.VARIABLES)) {
      // The JDK may keep its own variables closed; then only the restore knows the new ones.
      return !EnvironmentAtRestore.variables().equals(System.getenv())
          || present.getSource() != System.getenv();
    }
    return EnvironmentAtRestore.isReadAtRestore(source) && !values(present).equals(values(source));
  }

  private static Map<String, String> values(PropertySource<?> source) {
    Map<String, String> values = new HashMap<>();
    if (source instanceof EnumerablePropertySource<?> enumerable) {
      Arrays.stream(enumerable.getPropertyNames())
          .forEach(name -> values.put(name, String.valueOf(enumerable.getProperty(name))));
    }
    return values;
  }

  /** What Spring Boot keeps of a context's properties beside the environment. */
  private static final class Memory {

    private final InternalField<Object> binder =
        BOOT.field(
            BOOT.type("org.springframework.boot.context.properties.ConfigurationPropertiesBinder"),
            "binder");

    private final InternalField<Map<ConfigurationPropertyName, ConfigurationProperty>> bound =
        BOOT.field(BoundConfigurationProperties.class, "properties", Map.class);

    void forget(ConfigurableApplicationContext context) {
      if (context.getBeanFactory().containsBean(BINDER)) {
        // It makes another when it is asked.
        binder.set(context.getBeanFactory().getBean(BINDER), null);
      }
      BoundConfigurationProperties properties = BoundConfigurationProperties.get(context);
      if (properties != null) {
        Map<ConfigurationPropertyName, ConfigurationProperty> known = bound.get(properties);
        for (ConfigurationPropertyName name : List.copyOf(known.keySet())) {
          known.compute(name, (same, before) -> find(name, context.getEnvironment()));
        }
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
}
