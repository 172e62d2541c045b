/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.random;

import static dev.cracadapters.jdk.fixup.Memory.JDK;

import dev.cracadapters.core.support.InternalMethod;

/**
 * The DRBG of Bouncy Castle, which all its {@code SecureRandom} algorithms share. Its {@code
 * setSeed} only reaches the source of its entropy, which is next asked after thousands of numbers;
 * its {@code reseed} takes further input into the state at once.
 */
final class BouncyCastleGenerator implements Generator {

  static final String CLASS_NAME = "org.bouncycastle.crypto.prng.SP800SecureRandom";

  /** Its {@code SecureRandomSpi} classes, which have no state of their own. */
  static final String SPI_PREFIX = "org.bouncycastle.jcajce.provider.drbg.DRBG$";

  private static final int SEED_BYTES = 64;

  private final Object random;
  private final InternalMethod reseed;

  BouncyCastleGenerator(Object random) {
    this.random = random;
    this.reseed = JDK.method(random.getClass(), "reseed", byte[].class);
  }

  @Override
  public Object state() {
    return random;
  }

  @Override
  public void suspend() {
    reseed.call(random, (Object) Entropy.bytes(SEED_BYTES));
  }

  @Override
  public void resume() {
    reseed.call(random, (Object) Entropy.bytes(SEED_BYTES));
  }
}
