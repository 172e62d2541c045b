/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.hold;

import dev.cracadapters.core.support.LibraryInternals;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;

/**
 * Calls C functions by {@code java.lang.foreign}, which JDK 21 has as a preview and 22 for good;
 * this code is compiled for 17, so that it finds all of it by name. It goes past the check that
 * prints a warning for a caller without {@code --enable-native-access}. Addresses and numbers are
 * passed as {@code long}, results are {@code int}.
 */
final class ForeignFunctions {

  private static final String FOREIGN = "java.lang.foreign.";

  private final Object linker;
  private final Class<?> layout;
  private final Object asInt;
  private final Object asLong;
  private final MethodHandle downcall;
  private final MethodHandle ofAddress;
  private final MethodHandle findSymbol;
  private final MethodHandle describe;
  private final MethodHandle getLong;
  private final MethodHandle putLong;
  private final MethodHandle getInt;
  private final MethodHandle allocate;
  private final MethodHandle free;

  ForeignFunctions() throws ReflectiveOperationException {
    MethodHandles.Lookup trusted = LibraryInternals.trustedLookup();
    layout = Class.forName(FOREIGN + "MemoryLayout");
    Class<?> linkerType = Class.forName(FOREIGN + "Linker");
    Class<?> description = Class.forName(FOREIGN + "FunctionDescriptor");
    Class<?> segment = Class.forName(FOREIGN + "MemorySegment");
    Class<?> options = Class.forName(FOREIGN + "Linker$Option").arrayType();
    Class<?> layouts = Class.forName(FOREIGN + "ValueLayout");
    linker = linkerType.getMethod("nativeLinker").invoke(null);
    asInt = layouts.getField("JAVA_INT").get(null);
    asLong = layouts.getField("JAVA_LONG").get(null);
    MethodHandle unchecked =
        trusted
            .findVirtual(
                Class.forName("jdk.internal.foreign.abi.AbstractLinker"),
                "downcallHandle0",
                MethodType.methodType(MethodHandle.class, description, options))
            .asFixedArity();
    downcall =
        MethodHandles.insertArguments(
            unchecked, 2, Array.newInstance(Class.forName(FOREIGN + "Linker$Option"), 0));
    ofAddress =
        trusted.findStatic(segment, "ofAddress", MethodType.methodType(segment, long.class));
    describe =
        trusted
            .findStatic(
                description, "of", MethodType.methodType(description, layout, layout.arrayType()))
            .asFixedArity();
    findSymbol =
        trusted.findStatic(
            Class.forName("jdk.internal.loader.NativeLibrary"),
            "findEntry0",
            MethodType.methodType(long.class, long.class, String.class));
    Class<?> unsafeType = Class.forName("jdk.internal.misc.Unsafe");
    Object unsafe = unsafe(trusted, unsafeType);
    getLong = trusted.bind(unsafe, "getLong", MethodType.methodType(long.class, long.class));
    putLong =
        trusted.bind(unsafe, "putLong", MethodType.methodType(void.class, long.class, long.class));
    getInt = trusted.bind(unsafe, "getInt", MethodType.methodType(int.class, long.class));
    allocate =
        trusted.bind(unsafe, "allocateMemory", MethodType.methodType(long.class, long.class));
    free = trusted.bind(unsafe, "freeMemory", MethodType.methodType(void.class, long.class));
  }

  private static Object unsafe(MethodHandles.Lookup trusted, Class<?> type)
      throws ReflectiveOperationException {
    try {
      return trusted.findStatic(type, "getUnsafe", MethodType.methodType(type)).invoke();
    } catch (ReflectiveOperationException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new ReflectiveOperationException(e);
    }
  }

  /** The address of a function of any library that was loaded for all, 0 where there is none. */
  long find(String name) {
    try {
      return (long) findSymbol.invokeExact(0L, name);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** What calls a C function that takes so many words and returns an int. */
  MethodHandle function(long address, int words) {
    Object arguments = Array.newInstance(layout, words);
    for (int i = 0; i < words; i++) {
      Array.set(arguments, i, asLong);
    }
    try {
      Object description = describe.invoke(asInt, arguments);
      MethodHandle any = (MethodHandle) downcall.invoke(linker, description);
      return MethodHandles.insertArguments(any, 0, (Object) ofAddress.invoke(address));
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  long getLong(long address) {
    try {
      return (long) getLong.invokeExact(address);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  void putLong(long address, long value) {
    try {
      putLong.invokeExact(address, value);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  int getInt(long address) {
    try {
      return (int) getInt.invokeExact(address);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Memory that is not zeroed, for {@link #free}. */
  long allocate(long bytes) {
    try {
      return (long) allocate.invokeExact(bytes);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  void free(long address) {
    try {
      free.invokeExact(address);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** What a call of a method handle threw. */
  static RuntimeException failed(Throwable e) {
    return new UnsupportedOperationException("a native function cannot be called (" + e + ")", e);
  }
}
