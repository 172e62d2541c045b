/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
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
  static final Class<?> TYPE = Internals.type("sun.security.provider.DRBG");

  private static final Class<?> ENGINE = Internals.type("sun.security.provider.AbstractDrbg");
  private static final Field IMPL = Internals.field(TYPE, "impl");
  private static final Field INSTANTIATED = Internals.field(ENGINE, "instantiated");
  private static final Field RESEED_INTERVAL = Internals.field(ENGINE, "reseedInterval");
  private static final Method SET_SEED = Internals.method(ENGINE, "engineSetSeed", byte[].class);
  private static final int ALWAYS = -1;

  // More than any mechanism's security strength; the DRBG cuts it to what it can take.
  private static final int SEED_BYTES = 128;

  private final Object engine;
  private @Nullable Integer usualInterval;

  private DrbgGenerator(Object engine) {
    this.engine = engine;
  }

  static DrbgGenerator of(Object spi) {
    Object engine = Internals.get(IMPL, spi);
    if (engine == null) {
      throw Internals.missing("the state of " + spi, null);
    }
    return new DrbgGenerator(engine);
  }

  /** The DRBG that seeds the others, or null while nobody has needed it. */
  static @Nullable DrbgGenerator seeder() {
    Class<?> holder = Internals.type(ENGINE.getName() + "$SeederHolder");
    if (!Internals.isInitialised(holder)) {
      return null;
    }
    Object source = Internals.getStatic(holder, "seeder");
    if (source != null) {
      // The source is a lambda; the DRBG is what it has captured.
      for (Field field : Memory.fields(source.getClass())) {
        if (!Modifier.isStatic(field.getModifiers()) && ENGINE.isAssignableFrom(field.getType())) {
          Internals.open(field);
          Object engine = Internals.get(field, source);
          if (engine != null) {
            return new DrbgGenerator(engine);
          }
        }
      }
    }
    throw Internals.missing(holder.getName() + ".seeder", null);
  }

  @Override
  public Object state() {
    return engine;
  }

  @Override
  public void suspend() {
    synchronized (engine) {
      Object interval = Internals.get(RESEED_INTERVAL, engine);
      if (usualInterval == null && interval instanceof Integer number && number != ALWAYS) {
        usualInterval = number;
      }
      Internals.set(RESEED_INTERVAL, engine, ALWAYS);
      overwrite();
    }
  }

  @Override
  public void resume() {
    synchronized (engine) {
      overwrite();
      if (usualInterval != null) {
        Internals.set(RESEED_INTERVAL, engine, usualInterval);
        usualInterval = null;
      }
    }
  }

  /** Not "instantiated", it takes the seed as its only entropy rather than adding it. */
  private void overwrite() {
    if (Boolean.TRUE.equals(Internals.get(INSTANTIATED, engine))) {
      Internals.set(INSTANTIATED, engine, false);
      Internals.call(SET_SEED, engine, (Object) Entropy.bytes(SEED_BYTES));
    }
  }
}
