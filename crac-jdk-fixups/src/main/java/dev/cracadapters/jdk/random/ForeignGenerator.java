/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.random;

import static dev.cracadapters.jdk.fixup.Memory.JDK;

import dev.cracadapters.core.support.InternalMethod;
import java.security.SecureRandomSpi;

/**
 * A generator of an unknown class, made by another provider than the JDK's. By the contract of
 * {@code SecureRandom.setSeed} a seed adds to its state; not all of them keep to it.
 */
final class ForeignGenerator implements Generator {

  private static final InternalMethod SET_SEED =
      JDK.method(SecureRandomSpi.class, "engineSetSeed", byte[].class);
  private static final int SEED_BYTES = 64;

  private final SecureRandomSpi spi;

  ForeignGenerator(SecureRandomSpi spi) {
    this.spi = spi;
  }

  @Override
  public Object state() {
    return spi;
  }

  @Override
  public boolean isSure() {
    return false;
  }

  @Override
  public void suspend() {
    // It gives nothing but numbers that follow from its state.
  }

  @Override
  public void resume() {
    SET_SEED.call(spi, (Object) Entropy.bytes(SEED_BYTES));
  }
}
