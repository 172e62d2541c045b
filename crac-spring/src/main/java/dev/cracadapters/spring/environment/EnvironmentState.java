/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.environment;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.PropertySource.StubPropertySource;

/**
 * A digest of all that an environment shows at one moment: its profiles, and the values of each of
 * its sources. Two environments whose digests are equal give the same answer to every question, but
 * for random values. No value is kept.
 */
final class EnvironmentState {

  /** Spring Boot's source of random values. */
  private static final String RANDOM = "random";

  private static final byte END = 0;

  private EnvironmentState() {}

  /**
   * The digest of some sources in their order.
   *
   * @return null where one of them does not show all that it has
   */
  static @Nullable String digest(
      ConfigurableEnvironment environment, List<? extends PropertySource<?>> sources) {
    MessageDigest digest = sha256();
    for (String profile : environment.getActiveProfiles()) {
      update(digest, profile);
    }
    for (PropertySource<?> source : sources) {
      digest.update(END);
      update(digest, source.getName());
      if (source instanceof EnumerablePropertySource<?> enumerable) {
        String[] names = enumerable.getPropertyNames().clone();
        Arrays.sort(names);
        for (String name : names) {
          update(digest, name);
          update(digest, String.valueOf(enumerable.getProperty(name)));
        }
      } else if (!(source instanceof StubPropertySource) && !source.getName().equals(RANDOM)) {
        return null;
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void update(MessageDigest digest, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    // With its length, so that nothing moves from one to the next unnoticed.
    digest.update(Integer.toString(bytes.length).getBytes(StandardCharsets.UTF_8));
    digest.update(END);
    digest.update(bytes);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }
}
