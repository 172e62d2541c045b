/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.environment;

import dev.cracadapters.core.RestoreInfo;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a restored process is to find instead of what the checkpoint has kept: all environment
 * variables, raw, a character for each byte, because their bytes need not be text in any charset;
 * and the system properties that were given.
 */
public record RestoreEnvironment(Map<String, String> environment, Map<String, String> properties) {

  private static final Logger LOG = LoggerFactory.getLogger(RestoreEnvironment.class);

  /**
   * Puts together what the restore script's options give ({@code keep-environment}, {@code take},
   * {@code variable} and {@code property}, as often as they were given), the variables of its
   * caller as {@code name=value}, and those that this process has had; all raw.
   */
  public static RestoreEnvironment of(
      Map<String, List<String>> options, List<String> caller, Supplier<Map<String, String>> old) {
    Map<String, String> callers = variables(caller);
    Map<String, String> environment = new LinkedHashMap<>();
    if (options.containsKey("keep-environment")) {
      environment.putAll(old.get());
      for (String pattern : options.getOrDefault("take", List.of())) {
        Pattern names = glob(pattern);
        for (Map.Entry<String, String> one : callers.entrySet()) {
          if (names.matcher(one.getKey()).matches()) {
            environment.put(one.getKey(), one.getValue());
          }
        }
      }
    } else {
      environment.putAll(callers);
    }
    for (String word : options.getOrDefault("variable", List.of())) {
      int equals = word.indexOf('=');
      if (equals >= 0) {
        environment.put(word.substring(0, equals), word.substring(equals + 1));
      } else if (callers.containsKey(word)) {
        environment.put(word, callers.get(word));
      }
    }
    Map<String, String> properties = new LinkedHashMap<>();
    for (String word : options.getOrDefault("property", List.of())) {
      String[] part = text(word).split("=", 2);
      properties.put(part[0], part.length < 2 ? "" : part[1]);
    }
    return new RestoreEnvironment(environment, properties);
  }

  /** As the JDK reads them: of two of one name the first counts, and a name may begin with '='. */
  private static Map<String, String> variables(List<String> block) {
    Map<String, String> variables = new LinkedHashMap<>();
    for (String entry : block) {
      int equals = entry.indexOf('=', 1);
      if (equals > 0) {
        variables.putIfAbsent(entry.substring(0, equals), entry.substring(equals + 1));
      }
    }
    return variables;
  }

  private static Pattern glob(String pattern) {
    StringBuilder expression = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char one = pattern.charAt(i);
      expression.append(one == '*' ? ".*" : one == '?' ? "." : Pattern.quote(String.valueOf(one)));
    }
    return Pattern.compile(expression.toString(), Pattern.DOTALL);
  }

  /** Makes it this process's own, before any resource comes back and looks at it. */
  public void apply() {
    try {
      properties.forEach(System::setProperty);
    } catch (SecurityException e) { // JDK 17 to 23: a security manager's
      LOG.warn("System properties of the restore could not be set; they are in RestoreInfo", e);
    }
    LiveEnvironment.set(environment);
  }

  /** The variables as {@link RestoreInfo} shows them. */
  public Map<String, String> environmentAsText() {
    Map<String, String> texts = new LinkedHashMap<>();
    environment.forEach((name, value) -> texts.put(text(name), text(value)));
    return texts;
  }

  public static String text(String raw) {
    return new String(raw.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }

  static String raw(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }
}
