/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.environment;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.PropertySource.StubPropertySource;

/**
 * A digest of what an environment shows at one moment: its profiles, and the values of each of its
 * sources. Two environments whose digests are equal give the same answer to every question about a
 * property, but for random values. No value is kept.
 *
 * <p>An environment variable whose name is a single word, such as {@code HOSTNAME} or {@code PWD},
 * is the value of no property of two words or more. It is left out unless some value has a
 * placeholder for it.
 */
final class EnvironmentState {

  /** Spring Boot's source of random values. */
  private static final String RANDOM = "random";

  private static final Pattern SINGLE_WORD = Pattern.compile("[A-Za-z0-9]+|_");

  /** By which Spring Boot knows Heroku, where other parts of a configuration file may count. */
  private static final String OF_A_PLATFORM = "DYNO";

  private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{\\s*([^${}:\\s]+)");

  /** A placeholder in a placeholder's name: any name may come of it. */
  private static final Pattern COMPOSED = Pattern.compile("\\$\\{[^}:]*\\$\\{");

  private static final byte END = 0;

  private EnvironmentState() {}

  /**
   * The digest of some sources in their order.
   *
   * @return null where one of them does not show all that it has
   */
  static @Nullable String digest(
      ConfigurableEnvironment environment, List<? extends PropertySource<?>> sources) {
    List<Map<String, String>> values = new ArrayList<>();
    for (PropertySource<?> source : sources) {
      if (source instanceof EnumerablePropertySource<?> enumerable) {
        values.add(values(enumerable));
      } else if (source instanceof StubPropertySource || source.getName().equals(RANDOM)) {
        values.add(Map.of());
      } else {
        return null;
      }
    }
    MessageDigest digest = sha256();
    Predicate<String> counts = countingVariables(values);
    for (String profile : environment.getActiveProfiles()) {
      update(digest, profile);
    }
    for (int i = 0; i < values.size(); i++) {
      String source = sources.get(i).getName();
      digest.update(END);
      update(digest, source);
      boolean variables = source.equals(EnvironmentAtRestore.VARIABLES);
      values
          .get(i)
          .forEach(
              (name, value) -> {
                if (!variables || counts.test(name)) {
                  update(digest, name);
                  update(digest, value);
                }
              });
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** By name, in the order of the names. */
  private static Map<String, String> values(EnumerablePropertySource<?> source) {
    Map<String, String> values = new TreeMap<>();
    for (String name : source.getPropertyNames()) {
      values.put(name, String.valueOf(source.getProperty(name)));
    }
    return values;
  }

  /** The digest of all of some values. */
  static String digest(Map<String, Object> values) {
    MessageDigest digest = sha256();
    new TreeMap<>(values)
        .forEach(
            (name, value) -> {
              update(digest, name);
              update(digest, String.valueOf(value));
            });
    return HexFormat.of().formatHex(digest.digest());
  }

  private static Predicate<String> countingVariables(List<Map<String, String>> sources) {
    Set<String> named = new HashSet<>();
    for (Map<String, String> source : sources) {
      for (String value : source.values()) {
        if (value.contains("${")) {
          if (COMPOSED.matcher(value).find()) {
            return any -> true;
          }
          PLACEHOLDER
              .matcher(value)
              .results()
              .forEach(found -> named.add(found.group(1).toUpperCase(Locale.ROOT)));
        }
      }
    }
    return name ->
        !SINGLE_WORD.matcher(name).matches()
            || name.equals(OF_A_PLATFORM)
            || named.contains(name.toUpperCase(Locale.ROOT));
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
