/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What the walk found; written as {@code report.json}. */
@JsonAutoDetect(fieldVisibility = JsonAutoDetect.Visibility.ANY)
final class DemoReport {

  /** One restored process. */
  record Restore(@JsonProperty("clone") int number, long firstOkMillis, String token, long pid) {}

  /** Every order taken and every request answered is one event sent. */
  record Events(long sent, long found, long duplicates) {}

  /** One promise, and what was seen of it. */
  record Check(String name, boolean ok, String detail) {}

  // The fields are the report's, in this order.
  private final String engine;
  private final String jdk = System.getProperty("java.version");
  long coldStartMillis = -1;
  private final List<Restore> restores = new ArrayList<>();
  long imageBytes = -1;
  Events logEvents = new Events(0, 0, 0);
  long dbSessionsDuringPause = -1;
  private final List<Check> checks = new ArrayList<>();

  DemoReport(String engine) {
    this.engine = engine;
  }

  synchronized void restored(Restore restore) {
    restores.add(restore);
  }

  /**
   * Whether a restore is worth it, on whatever machine, under whatever load: measured by the cold
   * start of the same run. Two clones that start at the same time share the machine: they are
   * marked in the table.
   */
  synchronized void checkRestoreIsFaster() {
    for (Restore restore : restores) {
      if (restore.number == 0) {
        check(
            "a restore is faster than the cold start",
            !isSlow(restore),
            "%d ms, cold start %d ms".formatted(restore.firstOkMillis, coldStartMillis));
      }
    }
  }

  private boolean isSlow(Restore restore) {
    return coldStartMillis > 0 && restore.firstOkMillis >= coldStartMillis;
  }

  synchronized void check(String name, boolean ok, String detail) {
    checks.add(new Check(name, ok, detail));
  }

  synchronized List<Restore> restores() {
    return List.copyOf(restores);
  }

  synchronized boolean allOk() {
    return !checks.isEmpty() && checks.stream().allMatch(Check::ok);
  }

  synchronized void write(Path file) {
    try {
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(file.toFile(), this);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  synchronized String table() {
    StringBuilder table = new StringBuilder();
    table.append("\n  time to the first HTTP 200 that read the database\n");
    row(table, "cold start", coldStartMillis + " ms");
    for (Restore restore : restores) {
      String name = restore.number == 0 ? engine + " restore" : "clone " + restore.number;
      String ratio =
          restore.firstOkMillis > 0 && coldStartMillis > 0
              ? "   %.1f times as fast".formatted((double) coldStartMillis / restore.firstOkMillis)
              : "";
      String mark = isSlow(restore) ? ", SLOWER than the cold start" : "";
      row(table, name, restore.firstOkMillis + " ms" + ratio + mark);
    }
    if (imageBytes >= 0) {
      row(table, "image", imageBytes / 1_000_000 + " MB");
    }
    row(
        table,
        "log events",
        "%d sent, %d found, %d twice"
            .formatted(logEvents.sent, logEvents.found, logEvents.duplicates));
    table.append("\n  checks\n");
    for (Check check : checks) {
      row(table, (check.ok ? "ok    " : "FAIL  ") + check.name, check.detail);
    }
    return table.toString();
  }

  private static void row(StringBuilder table, String name, String value) {
    table.append("  %-52s %s%n".formatted(name, value));
  }
}
