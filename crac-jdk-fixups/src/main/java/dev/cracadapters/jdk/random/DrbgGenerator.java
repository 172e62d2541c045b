/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.random;

import static dev.cracadapters.jdk.fixup.Memory.JDK;

import dev.cracadapters.core.support.InternalField;
import dev.cracadapters.core.support.InternalMethod;
import dev.cracadapters.jdk.fixup.Memory;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import org.jspecify.annotations.Nullable;

/**
 * A {@code DRBG}: Hash, HMAC or CTR. It asks for new entropy once its reseed counter has passed an
 * interval; below zero, the interval is passed at each call.
 *
 * <p>{@code SecureRandom.reseed()} would not do. Unless prediction resistance was asked for, it
 * takes its entropy from one further DRBG, shared by all of them, of which each clone has the same
 * copy: two clones that reseed get the same numbers still. That one is a generator here as well
 * ({@link #seeder}).
 */
final class DrbgGenerator implements Generator {

  /** What {@code SecureRandom.getInstance("DRBG")} holds. */
  static final Class<?> TYPE = JDK.type("sun.security.provider.DRBG");

  private static final Class<?> ENGINE = JDK.type("sun.security.provider.AbstractDrbg");
  private static final InternalField<Object> IMPL = JDK.field(TYPE, "impl");
  private static final InternalField<Object> INSTANTIATED = JDK.field(ENGINE, "instantiated");
  private static final InternalField<Object> RESEED_INTERVAL = JDK.field(ENGINE, "reseedInterval");
  private static final InternalMethod SET_SEED = JDK.method(ENGINE, "engineSetSeed", byte[].class);
  private static final int RESEED_AT_EACH_CALL = -1;

  // More than any mechanism's security strength; the DRBG cuts it to what it can take.
  private static final int SEED_BYTES = 128;

  private final Object engine;
  private @Nullable Integer usualInterval;

  private DrbgGenerator(Object engine) {
    this.engine = engine;
  }

  static DrbgGenerator of(Object spi) {
    return new DrbgGenerator(IMPL.get(spi));
  }

  /** The DRBG that seeds the others, or null while nobody has needed it. */
  static @Nullable DrbgGenerator seeder() {
    Class<?> holder = JDK.type(ENGINE.getName() + "$SeederHolder");
    if (!Memory.isInitialized(holder)) {
      return null;
    }
    Object source = JDK.field(holder, "seeder").find(null);
    if (source != null) {
      // The source is a lambda; the DRBG is what it has captured.
      for (Field field : JDK.declaredFields(source.getClass())) {
        if (!Modifier.isStatic(field.getModifiers()) && ENGINE.isAssignableFrom(field.getType())) {
          return new DrbgGenerator(JDK.field(source.getClass(), field.getName()).get(source));
        }
      }
    }
    throw JDK.missing(holder.getName() + ".seeder", null);
  }

  @Override
  public Object state() {
    return engine;
  }

  @Override
  public void suspend() {
    synchronized (engine) {
      Object interval = RESEED_INTERVAL.find(engine);
      if (usualInterval == null
          && interval instanceof Integer number
          && number != RESEED_AT_EACH_CALL) {
        usualInterval = number;
      }
      RESEED_INTERVAL.set(engine, RESEED_AT_EACH_CALL);
      overwrite();
    }
  }

  @Override
  public void resume() {
    synchronized (engine) {
      overwrite();
      if (usualInterval != null) {
        RESEED_INTERVAL.set(engine, usualInterval);
        usualInterval = null;
      }
    }
  }

  /** Not "instantiated", it takes the seed as its only entropy rather than adding it. */
  private void overwrite() {
    if (Boolean.TRUE.equals(INSTANTIATED.find(engine))) {
      INSTANTIATED.set(engine, false);
      SET_SEED.call(engine, (Object) Entropy.bytes(SEED_BYTES));
    }
  }
}
