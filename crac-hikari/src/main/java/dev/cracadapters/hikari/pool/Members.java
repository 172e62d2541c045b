/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.pool;

import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * HikariCP's private fields and methods, for {@link PoolAccess}, which says which; one that is not
 * there, or of another type, is named with HikariCP's version.
 */
final class Members {

  private Members() {}

  static @Nullable Object get(Field field, Object target) {
    try {
      return field.get(target);
    } catch (IllegalAccessException e) {
      throw closed(field, e);
    }
  }

  static void set(Field field, Object target, @Nullable Object value) {
    try {
      field.set(target, value);
    } catch (IllegalAccessException e) {
      throw closed(field, e);
    }
  }

  static @Nullable Object call(Method method, Object target, Object... arguments) {
    try {
      return method.invoke(target, arguments);
    } catch (IllegalAccessException e) {
      throw closed(method, e);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  private static IllegalStateException closed(Object member, IllegalAccessException reason) {
    return new IllegalStateException(
        "HikariCP " + PoolAccess.version() + ": " + member + " is closed", reason);
  }

  static boolean has(Class<?> owner, String name) {
    return Arrays.stream(owner.getDeclaredFields()).anyMatch(field -> field.getName().equals(name));
  }

  static Field field(Class<?> owner, String name) {
    return field(owner, name, Object.class);
  }

  static Field field(Class<?> owner, String name, Class<?> type) {
    String what = owner.getSimpleName() + '.' + name;
    Field field;
    try {
      field = owner.getDeclaredField(name);
    } catch (NoSuchFieldException e) {
      throw missing(what, e);
    }
    if (!type.isAssignableFrom(field.getType())) {
      throw new IllegalStateException(
          "HikariCP %s is not supported: %s is a %s, not a %s"
              .formatted(PoolAccess.version(), what, field.getType().getName(), type.getName()));
    }
    return opened(field, what, owner);
  }

  static Method method(Class<?> owner, String name, Class<?>... parameters) {
    String what = owner.getSimpleName() + '.' + name + "()";
    try {
      return opened(owner.getDeclaredMethod(name, parameters), what, owner);
    } catch (NoSuchMethodException e) {
      throw missing(what, e);
    }
  }

  private static IllegalStateException missing(String what, ReflectiveOperationException reason) {
    return new IllegalStateException(
        "HikariCP " + PoolAccess.version() + " is not supported: there is no " + what, reason);
  }

  private static <T extends AccessibleObject> T opened(T member, String what, Class<?> owner) {
    try {
      member.setAccessible(true);
    } catch (InaccessibleObjectException e) {
      // HikariCP as a module on the module path.
      throw new IllegalStateException(
          "HikariCP %s does not open %s: start the JVM with --add-opens=%s/%s=%s"
              .formatted(
                  PoolAccess.version(),
                  what,
                  owner.getModule().getName(),
                  owner.getPackageName(),
                  moduleName()),
          e);
    }
    return member;
  }

  private static String moduleName() {
    String name = Members.class.getModule().getName();
    return name == null ? "ALL-UNNAMED" : name;
  }
}
