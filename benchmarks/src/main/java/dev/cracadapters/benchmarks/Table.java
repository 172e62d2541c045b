/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks;

import java.util.ArrayList;
import java.util.List;

/** Rows that are printed as they are measured, and once more at the end as a Markdown table. */
final class Table {

  private final List<String> lines = new ArrayList<>();

  Table(String... columns) {
    lines.add(line(columns));
    lines.add("|" + " --- |".repeat(columns.length));
  }

  void row(String... cells) {
    lines.add(line(cells));
    System.err.println(line(cells));
  }

  void print() {
    System.out.println();
    lines.forEach(System.out::println);
  }

  private static String line(String... cells) {
    return "| " + String.join(" | ", cells) + " |";
  }
}
