/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.environment;

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
      ByteBuffer scratch = block(Map.of("A", "1"));
      point(start(scratch), scratch); // a rehearsal, as for the JDK's own
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
    ByteBuffer block = block(variables);
    synchronized (KEPT) {
      KEPT.add(block);
    }
    point(environ, block);
  }

  /** As exec lays them out: pointers, the last one null, and the texts that they point to. */
  private ByteBuffer block(Map<String, String> variables) {
    int texts = 0;
    for (Map.Entry<String, String> one : variables.entrySet()) {
      texts += one.getKey().length() + 1 + one.getValue().length() + 1;
    }
    int pointers = (variables.size() + 1) * Long.BYTES;
    ByteBuffer block = ByteBuffer.allocateDirect(pointers + texts).order(ByteOrder.nativeOrder());
    long start = start(block);
    block.position(pointers);
    int pointer = 0;
    for (Map.Entry<String, String> one : variables.entrySet()) {
      block.putLong(pointer, start + block.position());
      pointer += Long.BYTES;
      block
          .put(one.getKey().getBytes(StandardCharsets.ISO_8859_1))
          .put((byte) '=')
          .put(one.getValue().getBytes(StandardCharsets.ISO_8859_1))
          .put((byte) 0);
    }
    return block;
  }

  private long start(ByteBuffer block) {
    return (long) address.get((Buffer) block);
  }

  private void point(long pointer, ByteBuffer block) {
    VarHandle.fullFence(); // the block before the pointer to it
    try {
      putAddress.invokeExact(pointer, start(block));
    } catch (Throwable e) {
      throw new IllegalStateException("The C library's environ cannot be replaced", e);
    }
  }
}
