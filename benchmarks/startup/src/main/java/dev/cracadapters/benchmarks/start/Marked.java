/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

/** A part of a text between two comments, which a program writes anew. */
final class Marked {

  private Marked() {}

  /** The text with the part between {@code <!-- NAME: begin -->} and its end replaced. */
  static String replace(String text, String name, String part) {
    String begin = "<!-- " + name + ": begin -->\n";
    String end = "<!-- " + name + ": end -->";
    int from = text.indexOf(begin);
    int to = text.indexOf(end, Math.max(from, 0));
    if (from < 0 || to < 0) {
      throw new IllegalArgumentException("There is no " + begin.strip() + " with its end");
    }
    return text.substring(0, from + begin.length())
        + part.stripTrailing()
        + "\n"
        + text.substring(to);
  }
}
