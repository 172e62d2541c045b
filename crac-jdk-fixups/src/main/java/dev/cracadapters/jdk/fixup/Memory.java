/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.fixup;

import dev.cracadapters.core.support.LibraryInternals;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import org.jspecify.annotations.Nullable;

/**
 * Objects as the virtual machine sees them: the state of a class, and the references that an
 * object's fields hold. {@code jdk.internal.misc.Unsafe} is used because nothing else gives the
 * field offsets of records and hidden classes (lambdas).
 */
public final class Memory {

  /** What the JDK keeps private. A member that this JDK does not have is named in an exception. */
  public static final LibraryInternals JDK = LibraryInternals.ofJdk("crac-jdk-fixups");

  private static final MethodHandle IS_UNINITIALIZED =
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
    Class<?> unsafe = JDK.type("jdk.internal.misc.Unsafe");
    try {
      Object instance = JDK.method(unsafe, "getUnsafe").call(null);
      return LibraryInternals.trustedLookup().findVirtual(unsafe, name, type).bindTo(instance);
    } catch (ReflectiveOperationException e) {
      throw JDK.missing("Unsafe." + name + "()", e);
    }
  }

  /** {@return whether a class's initializer has run} Asking does not initialize it. */
  public static boolean isInitialized(Class<?> type) {
    try {
      return !(boolean) IS_UNINITIALIZED.invokeExact(type);
    } catch (Throwable e) {
      throw JDK.missing("the state of " + type, e);
    }
  }

  /** {@return where an object keeps an instance field, for {@link #reference}} */
  public static long instanceOffset(Field field) {
    try {
      return (long) INSTANCE_OFFSET.invokeExact(field);
    } catch (Throwable e) {
      throw JDK.missing(field.toString(), e);
    }
  }

  /** {@return the value of a static field of an object type, whose class must be initialized} */
  public static @Nullable Object staticReference(Field field) {
    try {
      return reference(
          (Object) STATIC_BASE.invokeExact(field), (long) STATIC_OFFSET.invokeExact(field));
    } catch (Throwable e) {
      throw JDK.missing(field.toString(), e);
    }
  }

  /** {@return the value of the field of an object type that the object keeps at an offset} */
  public static @Nullable Object reference(Object owner, long offset) {
    try {
      return (Object) REFERENCE.invokeExact(owner, offset);
    } catch (Throwable e) {
      throw JDK.missing("the fields of " + owner.getClass(), e);
    }
  }
}
