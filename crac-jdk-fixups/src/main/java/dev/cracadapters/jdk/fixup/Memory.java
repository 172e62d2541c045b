/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.fixup;

import dev.cracadapters.core.support.InternalMethod;
import dev.cracadapters.core.support.LibraryInternals;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Objects as the virtual machine sees them: the state of a class, and the references that an
 * object's fields hold. {@code jdk.internal.misc.Unsafe} is used because nothing else gives the
 * field offsets of records and hidden classes (lambdas).
 */
public final class Memory {

  /** What the JDK keeps private. A member that this JDK does not have is named in an exception. */
  public static final LibraryInternals JDK = LibraryInternals.ofJdk("crac-jdk-fixups");

  private static final Class<?> UNSAFE = JDK.type("jdk.internal.misc.Unsafe");
  private static final Object INSTANCE =
      Objects.requireNonNull(JDK.method(UNSAFE, "getUnsafe").call(null));
  private static final InternalMethod IS_UNINITIALIZED =
      JDK.method(UNSAFE, "shouldBeInitialized", Class.class);
  private static final InternalMethod INSTANCE_OFFSET =
      JDK.method(UNSAFE, "objectFieldOffset", Field.class);
  private static final InternalMethod STATIC_OFFSET =
      JDK.method(UNSAFE, "staticFieldOffset", Field.class);
  private static final InternalMethod STATIC_BASE =
      JDK.method(UNSAFE, "staticFieldBase", Field.class);

  /** Asked for every reference in the heap: reflection would be slower. */
  private static final MethodHandle REFERENCE =
      reference(MethodType.methodType(Object.class, Object.class, long.class));

  private Memory() {}

  private static MethodHandle reference(MethodType type) {
    try {
      return LibraryInternals.trustedLookup()
          .findVirtual(UNSAFE, "getReference", type)
          .bindTo(INSTANCE);
    } catch (ReflectiveOperationException e) {
      throw JDK.missing("Unsafe.getReference()", e);
    }
  }

  /** {@return whether a class's initializer has run} Asking does not initialize it. */
  public static boolean isInitialized(Class<?> type) {
    return Boolean.FALSE.equals(IS_UNINITIALIZED.call(INSTANCE, type));
  }

  /** {@return the value of a class's static field, or null while the class is not initialized} */
  public static @Nullable Object valueIfInitialized(Class<?> owner, String field) {
    return isInitialized(owner) ? JDK.field(owner, field).find(null) : null;
  }

  /** {@return where an object keeps an instance field, for {@link #reference}} */
  public static long instanceOffset(Field field) {
    return number(INSTANCE_OFFSET.call(INSTANCE, field));
  }

  /** {@return the value of a static field of an object type, whose class must be initialized} */
  public static @Nullable Object staticReference(Field field) {
    Object base = Objects.requireNonNull(STATIC_BASE.call(INSTANCE, field));
    return reference(base, number(STATIC_OFFSET.call(INSTANCE, field)));
  }

  private static long number(@Nullable Object offset) {
    return (long) Objects.requireNonNull(offset);
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
