/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The environment variables as the C library keeps them, in {@code environ}: what {@code getenv} of
 * a native library reads, and what a child process inherits whose {@code ProcessBuilder} was not
 * asked for its {@code environment()}.
 *
 * <p>Names and values are raw: a character for each byte.
 */
final class NativeEnvironment {

  private static final String SYMBOL = "environ";

  /** Never freed, as nothing is that was in environ: native code may have kept a pointer to it. */
  private static final List<ByteBuffer> KEPT = new ArrayList<>();

  private final long environ;
  private final MethodHandle putAddress;
  private final VarHandle address;

  NativeEnvironment(MethodHandles.Lookup trusted) throws ReflectiveOperationException {
    if (!System.getProperty("sun.arch.data.model", "").equals("64")) {
      throw new NoSuchFieldException("environ of 64 bits");
    }
    Class<?> unsafe = Class.forName("jdk.internal.misc.Unsafe");
    address = trusted.findVarHandle(Buffer.class, "address", long.class);
    try {
      Object instance =
          trusted.findStatic(unsafe, "getUnsafe", MethodType.methodType(unsafe)).invoke();
      putAddress =
          trusted
              .findVirtual(
                  unsafe, "putAddress", MethodType.methodType(void.class, long.class, long.class))
              .bindTo(instance);
      environ = symbol(trusted);
      MethodHandle getAddress =
          trusted
              .findVirtual(unsafe, "getAddress", MethodType.methodType(long.class, long.class))
              .bindTo(instance);
      if (environ == 0 || (long) getAddress.invokeExact(environ) == 0) {
        throw new NoSuchFieldException(SYMBOL + " of the C library");
      }
    } catch (ReflectiveOperationException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new ReflectiveOperationException(e);
    }
  }

  private static long symbol(MethodHandles.Lookup trusted) throws Throwable {
    try {
      // From JDK 18 on. A handle of 0 is the process's own scope, in which the program comes first.
      return (long)
          trusted
              .findStatic(
                  Class.forName("jdk.internal.loader.NativeLibrary"),
                  "findEntry0",
                  MethodType.methodType(long.class, long.class, String.class))
              .invokeExact(0L, SYMBOL);
    } catch (NoSuchMethodException e) {
      // JDK 17: by way of the JDK's own libraries, which are linked to the C library.
      return (long)
          trusted
              .findStatic(
                  ClassLoader.class,
                  "findNative",
                  MethodType.methodType(long.class, ClassLoader.class, String.class))
              .invokeExact((ClassLoader) null, SYMBOL);
    }
  }

  /** Whoever reads environ meanwhile finds the old variables or the new ones. */
  void set(Map<String, String> variables) {
    int bytes = 0;
    for (Map.Entry<String, String> one : variables.entrySet()) {
      bytes += one.getKey().length() + 1 + one.getValue().length() + 1;
    }
    int pointers = (variables.size() + 1) * Long.BYTES; // the last one is null
    ByteBuffer block = ByteBuffer.allocateDirect(pointers + bytes).order(ByteOrder.nativeOrder());
    long start = (long) address.get(block);
    block.position(pointers);
    int index = 0;
    for (Map.Entry<String, String> one : variables.entrySet()) {
      block.putLong(Long.BYTES * index++, start + block.position());
      block
          .put(one.getKey().getBytes(StandardCharsets.ISO_8859_1))
          .put((byte) '=')
          .put(one.getValue().getBytes(StandardCharsets.ISO_8859_1))
          .put((byte) 0);
    }
    synchronized (KEPT) {
      KEPT.add(block);
    }
    VarHandle.fullFence();
    try {
      putAddress.invokeExact(environ, start);
    } catch (Throwable e) {
      throw new IllegalStateException("environ cannot be set", e);
    }
  }
}
