/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.ConcurrentModificationException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The data sources in the fields of another one: a wrapper that does not unwrap, the read-only
 * target of a lazy proxy, a router that makes its targets when they are first asked for and keeps
 * them in a map of its own.
 */
final class DataSourceFields {

  private DataSourceFields() {}

  /** Those that can be seen; a field that the JVM does not show is left out. */
  static List<DataSource> of(DataSource owner) {
    List<DataSource> held = new ArrayList<>();
    for (Class<?> type = owner.getClass();
        type != null && type != Object.class;
        type = type.getSuperclass()) {
      for (Field field : type.getDeclaredFields()) {
        if (!Modifier.isStatic(field.getModifiers()) && !field.getType().isPrimitive()) {
          add(held, value(field, owner));
        }
      }
    }
    return held;
  }

  private static @Nullable Object value(Field field, Object owner) {
    try {
      field.setAccessible(true);
      return field.get(owner);
    } catch (IllegalAccessException | RuntimeException e) {
      return null;
    }
  }

  private static void add(List<DataSource> held, @Nullable Object value) {
    Collection<?> values = Collections.singletonList(value);
    if (value instanceof Map<?, ?> map) {
      values = map.values();
    } else if (value instanceof Collection<?> collection) {
      values = collection;
    } else if (value instanceof AtomicReference<?> reference) {
      values = Collections.singletonList(reference.get());
    }
    try {
      for (Object each : values) {
        if (each instanceof DataSource dataSource) {
          held.add(dataSource);
        }
      }
    } catch (ConcurrentModificationException e) {
      return; // it is being changed: the next look sees it
    }
  }
}
