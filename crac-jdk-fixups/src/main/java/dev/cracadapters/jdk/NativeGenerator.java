/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What all {@code NativePRNG} of one kind share: bytes read ahead from the kernel, and a {@code
 * SHA1PRNG} that is mixed in. The bytes read ahead are used for 100 ms by the wall clock. A clone
 * can be restored within that time, or where the clock is behind, and the mixed-in state is the
 * same in each clone: their numbers would be the same.
 */
final class NativeGenerator implements Generator {

  private static final Class<?> OWNER = Internals.type("sun.security.provider.NativePRNG");
  private static final Class<?> TYPE = Internals.type(OWNER.getName() + "$RandomIO");
  private static final Field BUFFER = Internals.field(TYPE, "nextBuffer");
  private static final Field BUFFERED = Internals.field(TYPE, "buffered");
  private static final Field MIX = Internals.field(TYPE, "mixRandom");
  private static final Method MAKE_MIX = Internals.method(TYPE, "getMixRandom");
  private static final Field LOCK = Internals.field(TYPE, "LOCK_GET_BYTES");

  private final Object source;
  private @Nullable Object usualBuffer;

  private NativeGenerator(Object source) {
    this.source = source;
  }

  /** One for each kind that is in use; asking does not open the kernel's devices for the others. */
  static List<NativeGenerator> all() {
    List<NativeGenerator> all = new ArrayList<>();
    for (String kind : List.of("", "$Blocking", "$NonBlocking")) {
      Class<?> type = Internals.type(OWNER.getName() + kind);
      if (Internals.isInitialised(type)) {
        Object source = Internals.getStatic(type, "INSTANCE");
        if (source != null) {
          all.add(new NativeGenerator(source));
        }
      }
    }
    return all;
  }

  /** The {@code SHA1PRNG} mixed in, or null while it has not been needed. */
  @Nullable Object mix() {
    return Internals.get(MIX, source);
  }

  @Override
  public Object state() {
    return source;
  }

  @Override
  public void suspend() {
    // Made now where there is none yet, or it would be made, unsuspended, at the next use.
    Object mix = Internals.call(MAKE_MIX, source);
    if (mix != null) {
      new Sha1Generator(mix).suspend();
    }
    synchronized (lock()) {
      if (usualBuffer == null) {
        usualBuffer = Internals.get(BUFFER, source);
      }
      // Of one byte read ahead nothing is ever left.
      replaceBuffer(new byte[1]);
    }
  }

  @Override
  public void resume() {
    synchronized (lock()) {
      Object buffer = usualBuffer == null ? Internals.get(BUFFER, source) : usualBuffer;
      usualBuffer = null;
      if (buffer instanceof byte[] bytes) {
        Arrays.fill(bytes, (byte) 0);
        replaceBuffer(bytes);
      }
    }
    Object mix = mix();
    if (mix != null) {
      new Sha1Generator(mix).resume();
    }
  }

  private void replaceBuffer(byte[] buffer) {
    Internals.set(BUFFER, source, buffer);
    Internals.set(BUFFERED, source, 0);
  }

  private Object lock() {
    Object lock = Internals.get(LOCK, source);
    if (lock == null) {
      throw Internals.missing(LOCK.toString(), null);
    }
    return lock;
  }
}
