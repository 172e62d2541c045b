/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Keeps secrets out of messages. Exceptions of others may hold some: a JDBC driver repeats its URL
 * with the password in it.
 */
public final class Redactor {

  private static final int MAX_CAUSES = 4;
  private static final String MASK = "<masked>";

  private static final Pattern IN_URL =
      Pattern.compile("(?i)([?&;:,(][^&#;=?\\s]*(?:password|pwd|secret|token)=)[^&#;)\\s]*");
  private static final Pattern BEFORE_HOST = Pattern.compile("(//[^/:@\\s]*:)[^/@\\s]+@");

  private Redactor() {}

  /**
   * {@return the types and messages of an exception and its causes, from the outermost to the
   * fourth, on one line and without secrets}
   *
   * @param secrets values that must not be shown, wherever they stand
   */
  public static String describe(Throwable failure, Collection<@Nullable String> secrets) {
    List<String> chain = new ArrayList<>();
    Throwable one = failure;
    while (one != null && chain.size() < MAX_CAUSES) {
      String text = one.toString().replaceAll("\\s*\\R\\s*", " ");
      if (chain.stream().noneMatch(said -> said.contains(text))) {
        chain.add(text);
      }
      one = one.getCause() == one ? null : one.getCause();
    }
    return redact(String.join(", caused by ", chain), secrets);
  }

  /**
   * {@return a text with a mask for each secret: those that are given, and the passwords and tokens
   * in URLs}
   *
   * @param secrets values that must not be shown; those that are null or empty are ignored
   */
  public static String redact(String text, Collection<@Nullable String> secrets) {
    String masked = IN_URL.matcher(text).replaceAll("$1" + MASK);
    masked = BEFORE_HOST.matcher(masked).replaceAll("$1" + Matcher.quoteReplacement(MASK) + '@');
    for (String secret : secrets) {
      if (secret != null && !secret.isEmpty()) {
        masked = masked.replace(secret, MASK);
      }
    }
    return masked;
  }

  /**
   * {@return whether the value of a property must not be shown, since its name speaks of a
   * password, secret or token}
   */
  public static boolean isSecret(String property) {
    String name = property.toLowerCase(Locale.ROOT);
    return Stream.of("password", "pwd", "secret", "token").anyMatch(name::contains);
  }
}
