/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.ConcurrentModificationException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;

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

  private static Object value(Field field, Object owner) {
    try {
      field.setAccessible(true);
      Object value = field.get(owner);
      return value == null ? field : value;
    } catch (IllegalAccessException | RuntimeException e) {
      return field; // which is no data source
    }
  }

  private static void add(List<DataSource> held, Object value) {
    if (value instanceof DataSource dataSource) {
      held.add(dataSource);
    } else if (value instanceof Map<?, ?> map) {
      addAll(held, map.values());
    } else if (value instanceof Collection<?> collection) {
      addAll(held, collection);
    } else if (value instanceof AtomicReference<?> reference
        && reference.get() instanceof DataSource dataSource) {
      held.add(dataSource);
    }
  }

  private static void addAll(List<DataSource> held, Collection<?> values) {
    try {
      for (Object value : values) {
        if (value instanceof DataSource dataSource) {
          held.add(dataSource);
        }
      }
    } catch (ConcurrentModificationException e) {
      return; // it is being changed: the next look sees it
    }
  }
}
