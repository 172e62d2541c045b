/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/** The parts of a restore as one line of text, which needs no colour. */
final class RestoreBar {

  private static final int COLUMNS = 50;

  private RestoreBar() {}

  /** A letter for so many milliseconds of a part: all bars with the same longest are comparable. */
  static String line(RestoreParts parts, double longest) {
    StringBuilder bar = new StringBuilder();
    double until = 0;
    for (Map.Entry<String, Double> part : parts.byName().entrySet()) {
      until += part.getValue();
      // By where it ends: what is rounded away of one part is not missing at the end.
      int end = (int) Math.round(until * COLUMNS / longest);
      bar.append(letter(part.getKey()).repeat(Math.max(0, end - bar.length())));
    }
    return "%-50s %s".formatted(bar, words(parts));
  }

  /** The parts in milliseconds, such as {@code script 21, CRIU 160, walk 130, first answer 7}. */
  static String words(RestoreParts parts) {
    StringJoiner words = new StringJoiner(", ");
    parts
        .byName()
        .forEach((name, millis) -> words.add(String.format(Locale.ROOT, "%s %.0f", name, millis)));
    return words.toString();
  }

  private static String letter(String name) {
    return name.substring(0, 1);
  }
}
