/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.random;

import static dev.cracadapters.jdk.fixup.Memory.JDK;

import dev.cracadapters.core.support.InternalField;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.security.SecureRandom;
import java.security.SecureRandomSpi;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Puts generators back to the state they had, as a second clone of one image has it: all that is in
 * memory is as before, while what comes from outside the process (the operating system's random
 * numbers, the clock) goes on.
 */
public final class Rewind {

  private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
  private final List<Runnable> undo = new ArrayList<>();

  private Rewind() {}

  /** Takes down the state of some generators and of all that the JDK's generators share. */
  static Rewind of(Object... generators) {
    Rewind rewind = new Rewind();
    for (Object generator : generators) {
      rewind.takeDown(generator);
    }
    NativeGenerator.all().forEach(shared -> rewind.takeDown(shared.state()));
    rewind.takeDown(Sha1Generator.seeder());
    DrbgGenerator drbg = DrbgGenerator.seeder();
    rewind.takeDown(drbg == null ? null : drbg.state());
    return rewind;
  }

  void restore() {
    undo.forEach(Runnable::run);
  }

  public static SecureRandomSpi spiOf(SecureRandom random) {
    return (SecureRandomSpi) JDK.field(SecureRandom.class, "secureRandomSpi").find(random);
  }

  private void takeDown(Object object) {
    if (object == null || !seen.add(object)) {
      return;
    }
    if (object.getClass().isArray()) {
      takeDownArray(object);
    } else if (holdsState(object)) {
      for (Class<?> type = object.getClass(); type != null; type = type.getSuperclass()) {
        for (Field field : JDK.declaredFields(type)) {
          if (!Modifier.isStatic(field.getModifiers())) {
            InternalField<Object> opened = JDK.field(type, field.getName());
            Object value = opened.find(object);
            // Nobody changed a final one, and since JDK 26 nobody may.
            if (!Modifier.isFinal(field.getModifiers())) {
              undo.add(() -> opened.set(object, value));
            }
            takeDown(value);
          }
        }
      }
    }
  }

  private void takeDownArray(Object array) {
    int length = Array.getLength(array);
    Object copy = Array.newInstance(array.getClass().getComponentType(), length);
    System.arraycopy(array, 0, copy, 0, length);
    undo.add(() -> System.arraycopy(copy, 0, array, 0, length));
    if (array instanceof Object[] elements) {
      for (Object element : elements) {
        takeDown(element);
      }
    }
  }

  private static boolean holdsState(Object object) {
    String name = object.getClass().getName();
    return object instanceof Random
        || object instanceof SecureRandomSpi
        || object instanceof AtomicLong
        || name.startsWith("sun.security.provider.")
        || name.startsWith("java.security.MessageDigest")
        || name.startsWith("javax.crypto.")
        || name.startsWith("com.sun.crypto.provider.");
  }
}
