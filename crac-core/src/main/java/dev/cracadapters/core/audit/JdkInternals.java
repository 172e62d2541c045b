/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import java.io.FileDescriptor;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import org.jspecify.annotations.Nullable;

/**
 * Fields and methods that the JDK keeps private, without an option on the command line. {@code
 * sun.reflect.ReflectionFactory}, which the module {@code jdk.unsupported} exports to everyone,
 * makes any constructor callable, here that of a lookup that may see everything. {@code
 * sun.misc.Unsafe} would print a warning from JDK 24 on (JEP 498).
 */
final class JdkInternals {

  private final MethodHandles.Lookup lookup;

  private JdkInternals(MethodHandles.Lookup lookup) {
    this.lookup = lookup;
  }

  /**
   * The way in.
   *
   * @throws ReflectiveOperationException if this JDK has none
   */
  static JdkInternals open() throws ReflectiveOperationException {
    Class<?> factoryType = Class.forName("sun.reflect.ReflectionFactory");
    Object factory = factoryType.getMethod("getReflectionFactory").invoke(null);
    Constructor<?> hidden =
        MethodHandles.Lookup.class.getDeclaredConstructor(Class.class, Class.class, int.class);
    Constructor<?> callable =
        (Constructor<?>)
            factoryType
                .getMethod("newConstructorForSerialization", Class.class, Constructor.class)
                .invoke(factory, MethodHandles.Lookup.class, hidden);
    int everything = -1;
    return new JdkInternals(
        (MethodHandles.Lookup) callable.newInstance(Object.class, null, everything));
  }

  MethodHandles.Lookup lookup() {
    return lookup;
  }

  @Nullable Object get(Class<?> owner, String name, Object object)
      throws ReflectiveOperationException {
    return field(owner, name).get(object);
  }

  VarHandle field(Class<?> owner, String name) throws ReflectiveOperationException {
    return lookup.in(owner).unreflectVarHandle(owner.getDeclaredField(name));
  }

  /** The descriptor in an object of the JDK that has one, as channels and sockets do. */
  @Nullable FileDescriptor descriptorIn(Object object) throws ReflectiveOperationException {
    for (Class<?> at = object.getClass(); at != null; at = at.getSuperclass()) {
      if (at.getClassLoader() != null) {
        continue; // an application's class
      }
      for (Field field : at.getDeclaredFields()) {
        if (field.getType() == FileDescriptor.class && !Modifier.isStatic(field.getModifiers())) {
          return (FileDescriptor) lookup.in(at).unreflectVarHandle(field).get(object);
        }
      }
    }
    return null;
  }

  MethodHandle virtual(Class<?> owner, String name, MethodType type)
      throws ReflectiveOperationException {
    return lookup.findVirtual(owner, name, type);
  }

  MethodHandle constructor(Class<?> owner, Class<?>... parameters)
      throws ReflectiveOperationException {
    return lookup.findConstructor(owner, MethodType.methodType(void.class, parameters));
  }
}
