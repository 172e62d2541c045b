/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes what the JDK keeps private, without an option on the command line and without a
 * printed warning.
 *
 * <p>The way in is {@code sun.reflect.ReflectionFactory}, which the module {@code jdk.unsupported}
 * exports to everyone: it makes any constructor callable, here that of a trusted {@link
 * MethodHandles.Lookup}. {@code sun.misc.Unsafe} would do as well, but prints a warning from JDK 24
 * on (JEP 498). Nothing is opened to the application: only the single fields and methods that are
 * asked for here become accessible, and only to their holder.
 *
 * <p>Whatever this JDK does not have is an {@link IllegalStateException} that names it.
 */
final class Internals {

  private static final MethodHandles.@Nullable Lookup TRUSTED;
  private static final @Nullable MethodHandle SET_ACCESSIBLE;
  private static final @Nullable Throwable WHY_NOT;

  static {
    MethodHandles.Lookup trusted = null;
    MethodHandle setAccessible = null;
    Throwable whyNot = null;
    try {
      trusted = trustedLookup();
      setAccessible =
          trusted.findVirtual(
              AccessibleObject.class,
              "setAccessible0",
              MethodType.methodType(boolean.class, boolean.class));
    } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
      whyNot = e;
    }
    TRUSTED = trusted;
    SET_ACCESSIBLE = setAccessible;
    WHY_NOT = whyNot;
  }

  private Internals() {}

  private static MethodHandles.Lookup trustedLookup() throws ReflectiveOperationException {
    Class<?> factoryType = Class.forName("sun.reflect.ReflectionFactory");
    Object factory = factoryType.getMethod("getReflectionFactory").invoke(null);
    Constructor<?> hidden =
        MethodHandles.Lookup.class.getDeclaredConstructor(Class.class, Class.class, int.class);
    Constructor<?> open =
        (Constructor<?>)
            factoryType
                .getMethod("newConstructorForSerialization", Class.class, Constructor.class)
                .invoke(factory, MethodHandles.Lookup.class, hidden);
    int everything = -1;
    return (MethodHandles.Lookup) open.newInstance(Object.class, null, everything);
  }

  /**
   * Why the JDK's private parts are out of reach.
   *
   * @return the reason, or null when they are in reach
   */
  static @Nullable Throwable whyNot() {
    return WHY_NOT;
  }

  /** A method handle to a method whose class, name or access the compiler must not see. */
  static MethodHandle virtual(Class<?> owner, String name, MethodType type) {
    try {
      return trusted().findVirtual(owner, name, type);
    } catch (ReflectiveOperationException e) {
      throw missing(owner.getName() + '.' + name, e);
    }
  }

  /** A class of the JDK; it is not initialised by this. */
  static Class<?> type(String name) {
    try {
      return Class.forName(name, false, ClassLoader.getSystemClassLoader());
    } catch (ClassNotFoundException | LinkageError e) {
      throw missing(name, e);
    }
  }

  /** A class that this JDK may not have. */
  static @Nullable Class<?> typeIfPresent(String name) {
    try {
      return Class.forName(name, false, ClassLoader.getSystemClassLoader());
    } catch (ClassNotFoundException | LinkageError e) {
      return null;
    }
  }

  /** True when the class's static fields have their values; asking does not initialise it. */
  static boolean isInitialised(Class<?> type) {
    return Memory.isInitialised(type);
  }

  /** A field, also one that reflection hides, ready to be read, and written unless static final. */
  static Field field(Class<?> owner, String name) {
    for (Field field : Memory.fields(owner)) {
      if (field.getName().equals(name)) {
        open(field);
        return field;
      }
    }
    throw missing(owner.getName() + '.' + name, null);
  }

  /** A method, ready to be called. */
  static Method method(Class<?> owner, String name, Class<?>... parameters) {
    try {
      Method method = owner.getDeclaredMethod(name, parameters);
      open(method);
      return method;
    } catch (NoSuchMethodException e) {
      throw missing(owner.getName() + '.' + name, e);
    }
  }

  /** Calls a method from {@link #method}; what it throws comes as the cause. */
  static @Nullable Object call(
      Method method, @Nullable Object target, @Nullable Object... arguments) {
    try {
      return method.invoke(target, arguments);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("Calling " + method + " failed", e);
    }
  }

  /** Reads a field from {@link #field}. */
  static @Nullable Object get(Field field, @Nullable Object target) {
    try {
      return field.get(target);
    } catch (IllegalAccessException e) {
      throw missing(field.toString(), e);
    }
  }

  /** Reads a static field. */
  static @Nullable Object getStatic(Class<?> owner, String name) {
    return get(field(owner, name), null);
  }

  /** Writes a field from {@link #field}. */
  static void set(Field field, @Nullable Object target, @Nullable Object value) {
    try {
      field.set(target, value);
    } catch (IllegalAccessException e) {
      throw missing(field.toString(), e);
    }
  }

  static void open(AccessibleObject member) {
    MethodHandle setAccessible = SET_ACCESSIBLE;
    if (setAccessible == null) {
      throw missing("sun.reflect.ReflectionFactory", WHY_NOT);
    }
    try {
      boolean opened = (boolean) setAccessible.invokeExact(member, true);
      assert opened;
    } catch (Throwable e) {
      throw missing(member.toString(), e);
    }
  }

  static IllegalStateException missing(String what, @Nullable Throwable cause) {
    return new IllegalStateException(
        "This JDK (%s) gives no access to %s"
            .formatted(System.getProperty("java.vm.version"), what),
        cause);
  }

  private static MethodHandles.Lookup trusted() {
    MethodHandles.Lookup trusted = TRUSTED;
    if (trusted == null) {
      throw missing("sun.reflect.ReflectionFactory", WHY_NOT);
    }
    return trusted;
  }
}
