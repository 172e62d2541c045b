/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.random;

import static dev.cracadapters.jdk.fixup.Memory.JDK;

import dev.cracadapters.core.support.InternalField;
import dev.cracadapters.core.support.InternalMethod;
import dev.cracadapters.jdk.fixup.Memory;
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

  private static final Class<?> OWNER = JDK.type("sun.security.provider.NativePRNG");
  private static final Class<?> TYPE = JDK.type(OWNER.getName() + "$RandomIO");
  private static final InternalField<Object> BUFFER = JDK.field(TYPE, "nextBuffer");
  private static final InternalField<Object> BUFFERED = JDK.field(TYPE, "buffered");
  private static final InternalField<Object> MIX = JDK.field(TYPE, "mixRandom");
  private static final InternalMethod MAKE_MIX = JDK.method(TYPE, "getMixRandom");
  private static final InternalField<Object> LOCK = JDK.field(TYPE, "LOCK_GET_BYTES");

  private final Object source;
  private @Nullable Object usualBuffer;

  private NativeGenerator(Object source) {
    this.source = source;
  }

  /** One for each kind that is in use; asking does not open the kernel's devices for the others. */
  static List<NativeGenerator> all() {
    List<NativeGenerator> all = new ArrayList<>();
    for (String kind : List.of("", "$Blocking", "$NonBlocking")) {
      Object source = Memory.valueIfInitialized(JDK.type(OWNER.getName() + kind), "INSTANCE");
      if (source != null) {
        all.add(new NativeGenerator(source));
      }
    }
    return all;
  }

  /** The {@code SHA1PRNG} mixed in, or null while it has not been needed. */
  @Nullable Object mix() {
    return MIX.find(source);
  }

  @Override
  public Object state() {
    return source;
  }

  @Override
  public void suspend() {
    // Made now where there is none yet, or it would be made, unsuspended, at the next use.
    Object mix = MAKE_MIX.call(source);
    if (mix != null) {
      new Sha1Generator(mix).suspend();
    }
    synchronized (LOCK.get(source)) {
      if (usualBuffer == null) {
        usualBuffer = BUFFER.find(source);
      }
      // Of one byte read ahead nothing is ever left.
      replaceBuffer(new byte[1]);
    }
  }

  @Override
  public void resume() {
    synchronized (LOCK.get(source)) {
      Object buffer = usualBuffer == null ? BUFFER.find(source) : usualBuffer;
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
    BUFFER.set(source, buffer);
    BUFFERED.set(source, 0);
  }
}
