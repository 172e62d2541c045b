/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.environment;

import java.lang.invoke.MethodHandles;
import java.lang.reflect.Constructor;

/**
 * Reaches what the JDK keeps private, without an option on the command line and without a printed
 * warning: {@code sun.reflect.ReflectionFactory}, which the module {@code jdk.unsupported} exports
 * to everyone, makes any constructor callable. {@code sun.misc.Unsafe} would do as well, but prints
 * a warning from JDK 24 on (JEP 498), and is to throw in a later one.
 */
final class TrustedLookup {

  /** The option that lets this through where the JDK has closed the other way. */
  static final String OPTION = "--add-opens java.base/java.lang.invoke=ALL-UNNAMED";

  private TrustedLookup() {}

  static MethodHandles.Lookup get() throws ReflectiveOperationException {
    Constructor<?> hidden =
        MethodHandles.Lookup.class.getDeclaredConstructor(Class.class, Class.class, int.class);
    int everything = -1;
    return (MethodHandles.Lookup) opened(hidden).newInstance(Object.class, null, everything);
  }

  private static Constructor<?> opened(Constructor<?> hidden) throws ReflectiveOperationException {
    try {
      Class<?> factoryType = Class.forName("sun.reflect.ReflectionFactory");
      Object factory = factoryType.getMethod("getReflectionFactory").invoke(null);
      return (Constructor<?>)
          factoryType
              .getMethod("newConstructorForSerialization", Class.class, Constructor.class)
              .invoke(factory, hidden.getDeclaringClass(), hidden);
    } catch (ReflectiveOperationException | RuntimeException e) {
      try {
        hidden.setAccessible(true); // with the option
        return hidden;
      } catch (RuntimeException closed) {
        e.addSuppressed(closed);
        throw e;
      }
    }
  }
}
