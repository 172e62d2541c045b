/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import com.zaxxer.hikari.HikariConfig;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.BeanUtils;
import org.springframework.beans.BeanWrapperImpl;
import org.springframework.util.ReflectionUtils;
import org.springframework.util.StringUtils;

/**
 * How a database is reached according to an object, by the names that such objects use: Spring
 * Boot's {@code DataSourceProperties} and {@code JdbcConnectionDetails}, and classes of an
 * application that look like them. By name, because Boot's are in other packages in 3.5 than in 4.
 *
 * @param values by the name of the pool's property
 */
record ConnectionValues(Map<String, String> values) {

  private static final Map<String, List<String>> NAMES =
      Map.of(
          "jdbcUrl", List.of("url", "jdbcUrl"),
          "username", List.of("username", "user"),
          "password", List.of("password"),
          "driverClassName", List.of("driverClassName"));

  /** The values of an object. One that it does not have is left out. */
  static ConnectionValues of(Object object) {
    Map<String, String> values = new TreeMap<>();
    NAMES.forEach(
        (property, names) -> {
          for (String name : names) {
            Object value = value(object, name);
            if (value != null) {
              values.putIfAbsent(property, value.toString());
            }
          }
        });
    return new ConnectionValues(values);
  }

  private static @Nullable Object value(Object object, String name) {
    String capitalized = StringUtils.capitalize(name);
    // The determined one first: it is what a DataSourceProperties gives to the pool.
    for (String method : List.of("determine" + capitalized, "get" + capitalized, name)) {
      Method found = BeanUtils.findMethod(object.getClass(), method);
      if (found != null && found.getReturnType() == String.class) {
        try {
          ReflectionUtils.makeAccessible(found);
          return ReflectionUtils.invokeMethod(found, object);
        } catch (RuntimeException e) {
          continue; // such as: no driver for this URL
        }
      }
    }
    return null;
  }

  /**
   * Whether a pool was configured with these: its URL is the one, where both have one. Two data
   * sources of an application often have the same user.
   */
  boolean isOf(HikariConfig pool) {
    String url = values.get("jdbcUrl");
    return url == null || pool.getJdbcUrl() == null || url.equals(pool.getJdbcUrl());
  }

  /** Gives a pool what changed from these to others, where the pool has it from these. */
  void overlay(ConnectionValues later, HikariConfig pool) {
    for (String property : NAMES.keySet()) {
      Object present = new BeanWrapperImpl(pool).getPropertyValue(property);
      String value = later.values.get(property);
      if (Objects.equals(present, values.get(property)) && !Objects.equals(present, value)) {
        set(pool, property, value);
      }
    }
  }

  /** Gives a pool all of these. */
  void apply(HikariConfig pool) {
    values.forEach((property, value) -> set(pool, property, value));
  }

  private static void set(HikariConfig pool, String property, @Nullable String value) {
    // Without a driver's name HikariCP finds the driver by the URL.
    if (value != null || !property.equals("driverClassName")) {
      new BeanWrapperImpl(pool).setPropertyValue(property, value);
    }
  }

  /** The values' text is a secret. */
  @Override
  public String toString() {
    return "ConnectionValues" + values.keySet();
  }
}
