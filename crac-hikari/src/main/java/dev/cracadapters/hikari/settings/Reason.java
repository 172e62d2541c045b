/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.settings;

import com.zaxxer.hikari.HikariConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What went wrong, on one line and without a secret: drivers repeat URLs in their messages, and a
 * supplier of settings may say anything.
 */
public final class Reason {

  private static final int MOST_CAUSES = 4;
  private static final String MASKED = "<masked>";

  private static final Pattern IN_URL =
      Pattern.compile("(?i)([?&;:,(][^&#;=?\\s]*(?:password|pwd|secret|token)=)[^&#;)\\s]*");
  private static final Pattern BEFORE_HOST = Pattern.compile("(//[^/:@\\s]*:)[^/@\\s]+@");

  private Reason() {}

  /**
   * The exceptions and their messages, from the outermost to its causes.
   *
   * @param configs whose passwords are not to be told
   */
  public static String of(Throwable failure, HikariConfig... configs) {
    List<String> chain = new ArrayList<>();
    Throwable one = failure;
    while (one != null && chain.size() < MOST_CAUSES) {
      String text = one.toString().replaceAll("\\s*\\R\\s*", " ");
      if (chain.stream().noneMatch(said -> said.contains(text))) {
        chain.add(text);
      }
      one = one.getCause() == one ? null : one.getCause();
    }
    return masked(String.join(", caused by ", chain), configs);
  }

  private static String masked(String text, HikariConfig... configs) {
    String masked = IN_URL.matcher(text).replaceAll("$1" + MASKED);
    masked = BEFORE_HOST.matcher(masked).replaceAll("$1" + Matcher.quoteReplacement(MASKED) + '@');
    for (HikariConfig config : configs) {
      masked = without(config.getPassword(), masked);
      for (Map.Entry<Object, Object> property : config.getDataSourceProperties().entrySet()) {
        if (isSecret(property.getKey().toString())) {
          masked = without(String.valueOf(property.getValue()), masked);
        }
      }
    }
    return masked;
  }

  private static boolean isSecret(String property) {
    String name = property.toLowerCase(Locale.ROOT);
    return name.contains("password")
        || name.contains("pwd")
        || name.contains("secret")
        || name.contains("token");
  }

  private static String without(String secret, String text) {
    return secret == null || secret.isEmpty() ? text : text.replace(secret, MASKED);
  }
}
