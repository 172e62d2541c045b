/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.environment;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.UndeclaredThrowableException;
import java.net.URL;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Properties;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.config.ConfigDataEnvironmentPostProcessor;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.ResourceLoader;
import org.springframework.core.io.UrlResource;
import org.springframework.core.io.support.PropertiesLoaderUtils;
import org.springframework.util.StringUtils;

/** How Spring Boot reads an application's configuration files. */
final class BootsConfigData {

  /** What finds and reads them, by the name under which a class path lists such classes. */
  private static final List<String> EXTENSIONS =
      List.of(
          "org.springframework.boot.context.config.ConfigDataLocationResolver",
          "org.springframework.boot.context.config.ConfigDataLoader",
          "org.springframework.boot.env.PropertySourceLoader");

  private static final String BOOTS_OWN = "org.springframework.boot.";

  /** Without blanks, dashes and dots, as Boot compares names. */
  private static final String LOCATIONS = "springconfig";

  private BootsConfigData() {}

  /** Reads the files into an environment, as at a start. */
  static void applyTo(ConfigurableEnvironment environment, ResourceLoader loader) {
    try {
      withLoader().invoke(null, environment, loader, null, new String[0]);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      if (e.getCause() instanceof Error failure) {
        throw failure;
      }
      throw new UndeclaredThrowableException(e.getCause());
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  /** By reflection: the third parameter's type is in another package in Boot 3.5 than in 4. */
  private static Method withLoader() {
    return Arrays.stream(ConfigDataEnvironmentPostProcessor.class.getMethods())
        .filter(method -> method.getName().equals("applyTo") && method.getParameterCount() == 4)
        .filter(method -> method.getParameterTypes()[3] == String[].class)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException("ConfigDataEnvironmentPostProcessor.applyTo is missing"));
  }

  /** Whether a location is a tree of files, or stands for several, which Boot finds by itself. */
  static boolean hasFurtherLocations(ConfigurableEnvironment read) {
    return read.getPropertySources().stream().anyMatch(BootsConfigData::hasFurtherLocations);
  }

  private static boolean hasFurtherLocations(PropertySource<?> source) {
    return source instanceof EnumerablePropertySource<?> enumerable
        && !source.getName().equals(EnvironmentAtRestore.ATTACHED)
        && Stream.of(enumerable.getPropertyNames())
            .filter(
                name ->
                    name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "").startsWith(LOCATIONS))
            .map(name -> String.valueOf(enumerable.getProperty(name)))
            .anyMatch(value -> value.contains("*") || value.contains("configtree:"));
  }

  /**
   * Whether the class path has further classes that look for configuration or read it, such as on a
   * server: what they look for is not known.
   */
  static boolean hasExtensions(@Nullable ClassLoader loader) {
    try {
      ClassLoader known =
          Objects.requireNonNullElse(loader, BootsConfigData.class.getClassLoader());
      for (URL list : Collections.list(known.getResources("META-INF/spring.factories"))) {
        Properties factories = PropertiesLoaderUtils.loadProperties(new UrlResource(list));
        for (String extension : EXTENSIONS) {
          for (String name :
              StringUtils.commaDelimitedListToStringArray(factories.getProperty(extension, ""))) {
            if (!name.strip().startsWith(BOOTS_OWN)) {
              return true;
            }
          }
        }
      }
      return false;
    } catch (IOException e) {
      return true;
    }
  }
}
