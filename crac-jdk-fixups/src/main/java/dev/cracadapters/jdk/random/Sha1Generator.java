/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.random;

import static dev.cracadapters.jdk.fixup.Memory.JDK;

import dev.cracadapters.core.support.InternalField;
import dev.cracadapters.jdk.fixup.Memory;
import java.security.MessageDigest;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A {@code SHA1PRNG}, or one of those that the JDK itself uses to seed others. Its numbers are
 * digests of its state, so a digest that adds bytes from the operating system makes every number a
 * fresh one.
 */
final class Sha1Generator implements Generator {

  static final Class<?> TYPE = JDK.type("sun.security.provider.SecureRandom");

  private static final InternalField<Object> DIGEST = JDK.field(TYPE, "digest");
  private static final InternalField<Object> STATE = JDK.field(TYPE, "state");
  private static final InternalField<Object> REMAINDER = JDK.field(TYPE, "remainder");
  private static final InternalField<Object> REMAINDER_COUNT = JDK.field(TYPE, "remCount");
  private static final int STATE_BYTES = 20;

  private final Object spi;

  Sha1Generator(Object spi) {
    this.spi = spi;
  }

  @Override
  public Object state() {
    return spi;
  }

  @Override
  public void suspend() {
    // All methods of the class that touch the state hold this monitor.
    synchronized (spi) {
      Object digest = DIGEST.find(spi);
      if (digest instanceof MessageDigest plain && !(digest instanceof FreshDigest)) {
        DIGEST.set(spi, new FreshDigest(plain, spi));
      }
      replaceState(new byte[STATE_BYTES]);
    }
  }

  @Override
  public void resume() {
    synchronized (spi) {
      if (DIGEST.find(spi) instanceof FreshDigest fresh) {
        DIGEST.set(spi, fresh.plain());
      }
      replaceState(Entropy.bytes(STATE_BYTES));
    }
  }

  private void replaceState(byte[] replacement) {
    // Without a state it has never been used: it seeds itself, or its user does, at the first use.
    // (The JDK's own seeder cannot: it would ask itself for the seed.)
    if (STATE.find(spi) instanceof byte[] state) {
      Arrays.fill(state, (byte) 0);
      STATE.set(spi, replacement);
    }
    if (REMAINDER.find(spi) instanceof byte[] remainder) {
      Arrays.fill(remainder, (byte) 0);
    }
    REMAINDER.set(spi, null);
    REMAINDER_COUNT.set(spi, 0);
  }

  /** A digest that nobody can foresee, in this process or in another that started as its copy. */
  private static final class FreshDigest extends MessageDigest {

    private final MessageDigest plain;
    private final Object spi;

    FreshDigest(MessageDigest plain, Object spi) {
      super(plain.getAlgorithm());
      this.plain = plain;
      this.spi = spi;
      plain.reset();
    }

    MessageDigest plain() {
      plain.reset();
      return plain;
    }

    @Override
    protected void engineUpdate(byte input) {
      plain.update(input);
    }

    @Override
    protected void engineUpdate(byte[] input, int offset, int length) {
      plain.update(input, offset, length);
    }

    @Override
    protected byte[] engineDigest() {
      // What a call leaves of a digest would be given out later, perhaps in two clones. The caller
      // adds what it takes, 20 at most, and takes a count below zero for "nothing is left".
      REMAINDER_COUNT.set(spi, -STATE_BYTES);
      plain.update(Entropy.bytes(STATE_BYTES));
      return plain.digest();
    }

    @Override
    protected void engineReset() {
      plain.reset();
    }

    @Override
    protected int engineGetDigestLength() {
      return plain.getDigestLength();
    }
  }

  /** The {@code SHA1PRNG} that seeds the others, or null while nobody has needed it. */
  static @Nullable Object seeder() {
    return Memory.valueIfInitialized(JDK.type(TYPE.getName() + "$SeederHolder"), "seeder");
  }
}
