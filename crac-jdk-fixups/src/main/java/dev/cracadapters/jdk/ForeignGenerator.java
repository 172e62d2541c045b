/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.security.SecureRandomSpi;
import org.jspecify.annotations.Nullable;

/**
 * A generator of a security provider other than the JDK's. How it keeps its state is unknown, so it
 * takes over the parts of a new one, which its provider makes the way it made the old one.
 */
final class ForeignGenerator implements Generator {

  private static final Method SET_SEED =
      Internals.method(SecureRandomSpi.class, "engineSetSeed", byte[].class);
  private static final int SEED_BYTES = 32;

  private final SecureRandomSpi spi;
  private final Provider.Service origin;
  private final @Nullable Object parameter;

  ForeignGenerator(SecureRandomSpi spi, Provider.Service origin, @Nullable Object parameter) {
    this.spi = spi;
    this.origin = origin;
    this.parameter = parameter;
  }

  @Override
  public Object state() {
    return spi;
  }

  @Override
  public void suspend() {
    takeOver();
  }

  @Override
  public void resume() {
    takeOver();
    // Should the provider keep a pool of its own that the new one was seeded from.
    Internals.call(SET_SEED, spi, (Object) Entropy.bytes(SEED_BYTES));
  }

  private void takeOver() {
    Object other;
    try {
      other = origin.newInstance(parameter);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(origin + " makes no further generator", e);
    }
    if (other.getClass() != spi.getClass()) {
      throw new IllegalStateException(origin + " now makes " + other.getClass());
    }
    synchronized (spi) {
      for (Class<?> type = spi.getClass();
          type != null && type != SecureRandomSpi.class;
          type = type.getSuperclass()) {
        for (Field field : Memory.fields(type)) {
          if (!Modifier.isStatic(field.getModifiers())) {
            Internals.open(field);
            Internals.set(field, spi, Internals.get(field, other));
          }
        }
      }
    }
  }
}
