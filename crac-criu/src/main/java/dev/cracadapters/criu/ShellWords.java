/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu;

import java.util.Map;
import java.util.TreeMap;

/** Values for a POSIX shell. */
final class ShellWords {

  private ShellWords() {}

  /** One assignment a line, in the order of the names. */
  static String assignments(Map<String, String> values) {
    StringBuilder text = new StringBuilder();
    new TreeMap<>(values)
        .forEach((name, value) -> text.append(name).append('=').append(quote(value)).append('\n'));
    return text.toString();
  }

  /** A word that the shell takes as it is, whatever is in it. */
  static String quote(String value) {
    return "'" + value.replace("'", "'\\''") + "'";
  }
}
