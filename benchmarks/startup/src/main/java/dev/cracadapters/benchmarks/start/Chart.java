/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

import dev.cracadapters.benchmarks.Spread;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Bars as SVG: each as long as a median, with a line from the lower to the upper quartile. It is
 * readable on light and on dark, and has no script.
 */
final class Chart {

  private static final int WIDTH = 900;
  private static final int LEFT = 270;
  private static final int RIGHT = 190;
  private static final int ROW = 26;
  private static final int BAR = 16;

  private static final String STYLE =
      """
      <style>
        text { font: 13px sans-serif; fill: #1f2328 }
        .title { font-weight: bold }
        .note, .value { fill: #59636e }
        .bar { fill: #8c959f }
        .ours { fill: #1a7f37 }
        .spread { stroke: #1f2328; stroke-width: 1.5 }
        .cold { fill: none; stroke: #1f2328; stroke-width: 1.5 }
        @media (prefers-color-scheme: dark) {
          text { fill: #f0f6fc }
          .note, .value { fill: #9198a1 }
          .bar { fill: #656c76 }
          .ours { fill: #3fb950 }
          .spread, .cold { stroke: #f0f6fc }
        }
      </style>
      """;

  private final List<String> parts = new ArrayList<>();
  private int height = 12;

  /** A heading, and below it a bar for each way; a bar's length is by the longest of them. */
  void panel(String title, List<Measured> ways) {
    height += ROW;
    text("title", 10, height - 8, title, "start");
    double longest = 1;
    for (Measured way : ways) {
      longest = Math.max(longest, way.warm().high());
      longest = Math.max(longest, way.hasCold() ? way.cold().median() : 0);
    }
    double scale = (WIDTH - LEFT - RIGHT) / longest;
    for (Measured way : ways) {
      bar(way, scale);
    }
    height += 10;
  }

  private void bar(Measured way, double scale) {
    Spread warm = way.warm();
    int middle = height + BAR / 2;
    text("name", LEFT - 8, middle + 5, way.name(), "end");
    double end = LEFT + warm.median() * scale;
    parts.add(
        shape(
            "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>",
            way.isOurs() ? "ours" : "bar", LEFT, height, warm.median() * scale, BAR));
    parts.add(
        shape(
            "<line class=\"spread\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>",
            LEFT + warm.low() * scale, middle, LEFT + warm.high() * scale, middle));
    double reached = Math.max(end, LEFT + warm.high() * scale);
    String value = String.format(Locale.ROOT, "%,.0f ms", warm.median());
    if (way.hasCold()) {
      double cold = LEFT + way.cold().median() * scale;
      parts.add(shape("<circle class=\"cold\" cx=\"%.1f\" cy=\"%d\" r=\"4\"/>", cold, middle));
      reached = Math.max(reached, cold + 4);
      value += String.format(Locale.ROOT, ", cold %,.0f", way.cold().median());
    }
    text("value", reached + 6, middle + 5, value, "start");
    height += ROW;
  }

  /** A line of small text. */
  void note(String text) {
    height += 18;
    text("note", 10, height - 4, text, "start");
  }

  private void text(String kind, double x, int y, String text, String anchor) {
    parts.add(
        shape(
            "<text class=\"%s\" x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%s</text>",
            kind, x, y, anchor, escaped(text)));
  }

  private static String shape(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  /** The whole document. */
  String svg() {
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %1$d %2$d\" width=\"%1$d\" height=\"%2$d\" role=\"img\">%n"
            .formatted(WIDTH, height + 12)
        + "<title>Milliseconds until the first answer</title>\n"
        + STYLE
        + String.join("\n", parts)
        + "\n</svg>\n";
  }
}
