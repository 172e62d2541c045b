/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Settings without Spring: the system properties below a prefix, such as {@code crac.hikari}. With
 * Spring the same names stand below {@code spring.crac} and are bound there instead.
 *
 * <p>Each setting is read by its name below the prefix, and has another value for when it is
 * absent. A value that cannot be read is an {@link IllegalArgumentException} that names the
 * property, the value and the form it should have: a mistyped time-out must not silently become the
 * default.
 */
public final class SystemSettings {

  private static final Pattern SIMPLE_DURATION = Pattern.compile("(\\d+)\\s*(ms|s|m|h|d)?");

  private final String prefix;

  private SystemSettings(String prefix) {
    this.prefix = prefix;
  }

  /**
   * {@return the settings below a prefix, read anew at each call}
   *
   * @param prefix without the last dot, for example {@code crac.hikari}
   */
  public static SystemSettings below(String prefix) {
    return new SystemSettings(prefix);
  }

  /** {@return a text} */
  public String text(String name, String otherwise) {
    String value = raw(name);
    return value == null ? otherwise : value;
  }

  /**
   * {@return a duration: {@code 500ms}, {@code 10s}, {@code 2m}, {@code 1h}, {@code 1d}, a bare
   * number of milliseconds, or the ISO form {@code PT10S}}
   *
   * @throws IllegalArgumentException if the value is not a duration
   */
  public Duration duration(String name, Duration otherwise) {
    String value = raw(name);
    if (value == null) {
      return otherwise;
    }
    Matcher simple = SIMPLE_DURATION.matcher(value.toLowerCase(Locale.ROOT));
    if (simple.matches()) {
      try {
        return duration(Long.parseLong(simple.group(1)), simple.group(2));
      } catch (NumberFormatException | ArithmeticException e) {
        throw unreadable(name, value, "a duration: it is too long to be counted", e);
      }
    }
    try {
      return Duration.parse(value);
    } catch (DateTimeParseException e) {
      throw unreadable(name, value, "a duration such as 500ms, 10s or PT10S", e);
    }
  }

  private static Duration duration(long amount, @Nullable String unit) {
    return switch (unit == null ? "ms" : unit) {
      case "ms" -> Duration.ofMillis(amount);
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      case "h" -> Duration.ofHours(amount);
      default -> Duration.ofDays(amount);
    };
  }

  /**
   * {@return a whole number}
   *
   * @throws IllegalArgumentException if the value is not a whole number
   */
  public int number(String name, int otherwise) {
    return read(name, otherwise, "a whole number", Integer::valueOf);
  }

  /**
   * {@return a yes or no}
   *
   * @throws IllegalArgumentException if the value is neither {@code true} nor {@code false}
   */
  public boolean flag(String name, boolean otherwise) {
    Map<String, Boolean> words = Map.of("true", true, "false", false);
    return read(name, otherwise, "true or false", value -> among(words, value));
  }

  /**
   * {@return one of some words, written in small letters, with {@code -} where a constant has
   * {@code _}: {@code drop-oldest} for {@code DROP_OLDEST}}
   *
   * @param <T> the words
   * @throws IllegalArgumentException if the value is none of the words
   */
  public <T extends Enum<T>> T choice(String name, T otherwise) {
    Map<String, T> words = new LinkedHashMap<>();
    for (T choice : otherwise.getDeclaringClass().getEnumConstants()) {
      words.put(choice.name().toLowerCase(Locale.ROOT).replace('_', '-'), choice);
    }
    String form = "one of " + String.join(", ", words.keySet());
    return read(name, otherwise, form, value -> among(words, value));
  }

  /**
   * {@return a path, or null}
   *
   * @throws IllegalArgumentException if the value is no path, as one with an umlaut where the JVM
   *     was started under the locale POSIX
   */
  public @Nullable Path path(String name) {
    String value = raw(name);
    try {
      return value == null ? null : Path.of(value);
    } catch (InvalidPathException e) {
      throw unreadable(name, value, "a path here: " + e.getReason(), e);
    }
  }

  private static <T> T among(Map<String, T> words, String value) {
    T found = words.get(value.toLowerCase(Locale.ROOT));
    if (found == null) {
      throw new IllegalArgumentException();
    }
    return found;
  }

  private <T> T read(String name, T otherwise, String form, Function<String, T> parse) {
    String value = raw(name);
    try {
      return value == null ? otherwise : parse.apply(value);
    } catch (IllegalArgumentException e) {
      throw unreadable(name, value, form, e);
    }
  }

  private @Nullable String raw(String name) {
    String value = System.getProperty(prefix + '.' + name);
    return value == null || value.isBlank() ? null : value.strip();
  }

  private IllegalArgumentException unreadable(
      String name, String value, String form, @Nullable Exception cause) {
    return new IllegalArgumentException(
        "System property %s.%s is \"%s\", which is not %s".formatted(prefix, name, value, form),
        cause);
  }
}
