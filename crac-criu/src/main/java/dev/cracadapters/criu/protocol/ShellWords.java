/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protocol;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** Values for a POSIX shell, and the parts of the scripts. */
public final class ShellWords {

  private ShellWords() {}

  /** One assignment a line, in the order of the names. */
  public static String assignments(Map<String, String> values) {
    StringBuilder text = new StringBuilder();
    new TreeMap<>(values)
        .forEach((name, value) -> text.append(name).append('=').append(quote(value)).append('\n'));
    return text.toString();
  }

  /** A word that the shell takes as it is, whatever is in it. */
  public static String quote(String value) {
    return "'" + value.replace("'", "'\\''") + "'";
  }

  /** A script's part, which lies beside a class as a resource. */
  public static String resource(Class<?> beside, String name) throws IOException {
    try (InputStream stream = Objects.requireNonNull(beside.getResourceAsStream(name), name)) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
