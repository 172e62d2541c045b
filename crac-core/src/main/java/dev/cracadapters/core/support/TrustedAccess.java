/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import org.jspecify.annotations.Nullable;

/** Opens the JDK's own classes, where the JDK lets it. */
final class TrustedAccess {

  /** The mode of a lookup that no access check stops. */
  private static final int TRUSTED_MODE = -1;

  static final MethodHandles.@Nullable Lookup LOOKUP;
  static final @Nullable Throwable WHY_NOT;
  static final MethodHandle SET_ACCESSIBLE;
  static final MethodHandle DECLARED_FIELDS;

  static {
    MethodHandles.Lookup lookup = null;
    Throwable whyNot = null;
    MethodHandle setAccessible = unavailable(boolean.class, AccessibleObject.class);
    MethodHandle declaredFields = unavailable(Field[].class, Class.class);
    try {
      lookup = lookup();
      setAccessible =
          lookup.findVirtual(
              AccessibleObject.class,
              "setAccessible0",
              MethodType.methodType(boolean.class, boolean.class));
      declaredFields =
          lookup.findVirtual(
              Class.class,
              "getDeclaredFields0",
              MethodType.methodType(Field[].class, boolean.class));
    } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
      whyNot = e;
    }
    LOOKUP = lookup;
    WHY_NOT = whyNot;
    SET_ACCESSIBLE = setAccessible;
    DECLARED_FIELDS = declaredFields;
  }

  private TrustedAccess() {}

  /** The lookup, or the reason why there is none. */
  static MethodHandles.Lookup require() throws ReflectiveOperationException {
    if (LOOKUP == null) {
      throw new ReflectiveOperationException("This JDK gives no access to its internals", WHY_NOT);
    }
    return LOOKUP;
  }

  /** What takes an object, or null for a static field, and gives the field's value. */
  static MethodHandle reader(Field field) {
    try {
      MethodHandle getter = require().unreflectGetter(field);
      if (Modifier.isStatic(field.getModifiers())) {
        getter = MethodHandles.dropArguments(getter, 0, Object.class);
      }
      return getter.asType(MethodType.methodType(Object.class, Object.class));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(field + " was opened before", e);
    }
  }

  /** Throws when it is called. */
  private static MethodHandle unavailable(Class<?> result, Class<?> owner) {
    MethodHandle thrower =
        MethodHandles.throwException(result, UnsupportedOperationException.class)
            .bindTo(new UnsupportedOperationException("the JDK gives no access"));
    return MethodHandles.dropArguments(thrower, 0, owner, boolean.class);
  }

  private static MethodHandles.Lookup lookup() throws ReflectiveOperationException {
    Constructor<?> hidden =
        MethodHandles.Lookup.class.getDeclaredConstructor(Class.class, Class.class, int.class);
    return (MethodHandles.Lookup) callable(hidden).newInstance(Object.class, null, TRUSTED_MODE);
  }

  private static Constructor<?> callable(Constructor<?> hidden)
      throws ReflectiveOperationException {
    try {
      Class<?> factoryType = Class.forName("sun.reflect.ReflectionFactory");
      Object factory = factoryType.getMethod("getReflectionFactory").invoke(null);
      return (Constructor<?>)
          factoryType
              .getMethod("newConstructorForSerialization", Class.class, Constructor.class)
              .invoke(factory, hidden.getDeclaringClass(), hidden);
    } catch (ReflectiveOperationException | RuntimeException e) {
      try {
        hidden.setAccessible(true); // with TRUSTED_LOOKUP_OPTION
        return hidden;
      } catch (RuntimeException closed) {
        e.addSuppressed(closed);
        throw e;
      }
    }
  }
}
