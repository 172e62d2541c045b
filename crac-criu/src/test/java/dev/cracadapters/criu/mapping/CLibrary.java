/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Calls functions of the C library, of which all parameters and the result are numbers or
 * addresses. Java's way to do so has other names in JDK 17, hence by reflection.
 */
final class CLibrary {

  private static final boolean IS_OLD = Runtime.version().feature() < 21;
  private static final String PACKAGE = IS_OLD ? "jdk.incubator.foreign." : "java.lang.foreign.";
  private static final Map<String, MethodHandle> FUNCTIONS = new HashMap<>();

  private CLibrary() {}

  /** What a JVM has to be started with. */
  static List<String> options() {
    return IS_OLD
        ? List.of("--add-modules=jdk.incubator.foreign", "--enable-native-access=ALL-UNNAMED")
        : List.of("--enable-native-access=ALL-UNNAMED");
  }

  static long call(String name, Long... arguments) {
    try {
      if (!FUNCTIONS.containsKey(name)) {
        FUNCTIONS.put(name, function(name, arguments.length));
      }
      return (long) FUNCTIONS.get(name).invokeWithArguments((Object[]) arguments);
    } catch (Throwable e) { // what a method handle may throw
      throw new IllegalStateException(name, e);
    }
  }

  private static MethodHandle function(String name, int parameters) throws Exception {
    Class<?> layout = type("MemoryLayout");
    Class<?> descriptor = type("FunctionDescriptor");
    Class<?> lookup = type("SymbolLookup");
    Class<?> linker = type(IS_OLD ? "CLinker" : "Linker");
    Object number =
        IS_OLD
            ? linker.getField("C_LONG").get(null)
            : type("ValueLayout").getField("JAVA_LONG").get(null);
    Object numbers = Array.newInstance(layout, parameters);
    for (int i = 0; i < parameters; i++) {
      Array.set(numbers, i, number);
    }
    Object kind =
        descriptor.getMethod("of", layout, numbers.getClass()).invoke(null, number, numbers);
    if (IS_OLD) {
      Object one = linker.getMethod("getInstance").invoke(null);
      Object names = linker.getMethod("systemLookup").invoke(null);
      Optional<?> symbol =
          (Optional<?>) lookup.getMethod("lookup", String.class).invoke(names, name);
      MethodType types =
          MethodType.methodType(long.class, Collections.nCopies(parameters, long.class));
      return (MethodHandle)
          linker
              .getMethod("downcallHandle", type("Addressable"), MethodType.class, descriptor)
              .invoke(one, symbol.orElseThrow(), types, kind);
    }
    Object one = linker.getMethod("nativeLinker").invoke(null);
    Object names = linker.getMethod("defaultLookup").invoke(one);
    Optional<?> symbol = (Optional<?>) lookup.getMethod("find", String.class).invoke(names, name);
    Object none = Array.newInstance(type("Linker$Option"), 0);
    return (MethodHandle)
        linker
            .getMethod("downcallHandle", type("MemorySegment"), descriptor, none.getClass())
            .invoke(one, symbol.orElseThrow(), kind, none);
  }

  private static Class<?> type(String name) throws ClassNotFoundException {
    return Class.forName(PACKAGE + name);
  }
}
