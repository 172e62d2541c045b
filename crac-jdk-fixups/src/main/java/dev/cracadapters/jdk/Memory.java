/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import org.jspecify.annotations.Nullable;

/**
 * Objects as the virtual machine sees them: all fields of a class, and the references that an
 * object's fields hold. {@code jdk.internal.misc.Unsafe} is used because the field offsets of
 * records and hidden classes (lambdas) can be had from nowhere else.
 */
final class Memory {

  private static final MethodHandle DECLARED_FIELDS =
      Internals.virtual(
          Class.class, "getDeclaredFields0", MethodType.methodType(Field[].class, boolean.class));

  private static final MethodHandle IS_UNINITIALISED =
      onUnsafe("shouldBeInitialized", MethodType.methodType(boolean.class, Class.class));
  private static final MethodHandle INSTANCE_OFFSET =
      onUnsafe("objectFieldOffset", MethodType.methodType(long.class, Field.class));
  private static final MethodHandle STATIC_OFFSET =
      onUnsafe("staticFieldOffset", MethodType.methodType(long.class, Field.class));
  private static final MethodHandle STATIC_BASE =
      onUnsafe("staticFieldBase", MethodType.methodType(Object.class, Field.class));
  private static final MethodHandle REFERENCE =
      onUnsafe("getReference", MethodType.methodType(Object.class, Object.class, long.class));

  private Memory() {}

  private static MethodHandle onUnsafe(String name, MethodType type) {
    Class<?> unsafe = Internals.type("jdk.internal.misc.Unsafe");
    try {
      Object instance = Internals.call(Internals.method(unsafe, "getUnsafe"), null);
      return Internals.virtual(unsafe, name, type).bindTo(instance);
    } catch (RuntimeException e) {
      throw Internals.missing("jdk.internal.misc.Unsafe." + name, e);
    }
  }

  static boolean isInitialised(Class<?> type) {
    try {
      return !(boolean) IS_UNINITIALISED.invokeExact(type);
    } catch (Throwable e) {
      throw Internals.missing("the state of " + type, e);
    }
  }

  /** The fields that a class itself declares, also those that reflection filters out. */
  static Field[] fields(Class<?> type) {
    try {
      return (Field[]) DECLARED_FIELDS.invokeExact(type, false);
    } catch (Throwable e) {
      throw Internals.missing("the fields of " + type, e);
    }
  }

  static long instanceOffset(Field field) {
    try {
      return (long) INSTANCE_OFFSET.invokeExact(field);
    } catch (Throwable e) {
      throw Internals.missing(field.toString(), e);
    }
  }

  /** The value of a static field of an object type, whose class must be initialised. */
  static @Nullable Object staticReference(Field field) {
    try {
      return reference(
          (Object) STATIC_BASE.invokeExact(field), (long) STATIC_OFFSET.invokeExact(field));
    } catch (Throwable e) {
      throw Internals.missing(field.toString(), e);
    }
  }

  static @Nullable Object reference(Object owner, long offset) {
    try {
      return (Object) REFERENCE.invokeExact(owner, offset);
    } catch (Throwable e) {
      throw Internals.missing("the fields of " + owner.getClass(), e);
    }
  }
}
