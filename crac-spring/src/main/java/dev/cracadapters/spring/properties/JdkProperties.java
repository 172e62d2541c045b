/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.properties;

import static java.util.Objects.requireNonNullElse;

import dev.cracadapters.jdk.JdkSettings;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The properties {@code spring.crac.jdk.*}, null where one is not set. Needs crac-jdk-fixups.
 *
 * @param random Whether random generators are seeded anew after a restore.
 * @param keyStores Whether the default TLS context reads changed key and trust stores after a
 *     restore.
 * @param addressCache Whether looked-up host names are forgotten at a restore.
 * @param unknownRandom What to do with a secure random generator whose state two clones would
 *     share.
 */
@ConfigurationProperties("spring.crac.jdk")
public record JdkProperties(
    @Nullable Boolean random,
    @Nullable Boolean keyStores,
    @Nullable Boolean addressCache,
    JdkSettings.@Nullable UnknownRandom unknownRandom) {

  /** The adapter's settings: its own defaults where nothing is set. */
  public JdkSettings settings() {
    JdkSettings defaults = JdkSettings.defaults();
    return new JdkSettings(
        requireNonNullElse(random, defaults.random()),
        requireNonNullElse(keyStores, defaults.keyStores()),
        requireNonNullElse(addressCache, defaults.addressCache()),
        requireNonNullElse(unknownRandom, defaults.unknownRandom()));
  }
}
