/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk;

import dev.cracadapters.core.SystemSettings;

/**
 * What is done for the JDK at a checkpoint and a restore. With Spring these stand below {@code
 * spring.crac.jdk}, without it in the system properties below {@code crac.jdk}.
 *
 * @param random whether random generators are seeded anew after a restore ({@code random}, default
 *     true). Without it two clones share their random numbers, secrets included.
 * @param keyStores whether the default TLS context's key store and trust store are read again after
 *     a restore when their files or the system properties naming them have changed ({@code
 *     key-stores}, default true)
 * @param addressCache whether looked-up host names are forgotten at a restore ({@code
 *     address-cache}, default true)
 * @param unknownRandom what to do at a checkpoint when there is a secure random generator with a
 *     state in memory that cannot be reached ({@code unknown-random}, default {@code refuse})
 */
public record JdkSettings(
    boolean random, boolean keyStores, boolean addressCache, UnknownRandom unknownRandom) {

  /** What to do with a secure random generator whose state two clones would share. */
  public enum UnknownRandom {
    /** No checkpoint is taken while there is one; the message names its class. */
    REFUSE,
    /** The checkpoint is taken; two clones may then share that generator's numbers. */
    ALLOW
  }

  /**
   * {@return the defaults: everything on, and no checkpoint with a generator that cannot be
   * reached}
   */
  public static JdkSettings defaults() {
    return new JdkSettings(true, true, true, UnknownRandom.REFUSE);
  }

  /**
   * {@return the settings in the system properties {@code crac.jdk.*}, and the defaults for the
   * rest}
   *
   * @throws IllegalArgumentException if a property cannot be read
   */
  public static JdkSettings fromSystemProperties() {
    SystemSettings set = SystemSettings.below("crac.jdk");
    JdkSettings otherwise = defaults();
    return new JdkSettings(
        set.flag("random", otherwise.random),
        set.flag("key-stores", otherwise.keyStores),
        set.flag("address-cache", otherwise.addressCache),
        set.choice("unknown-random", otherwise.unknownRandom));
  }
}
