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
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the walk found; written as {@code report.json}. */
@JsonAutoDetect(fieldVisibility = JsonAutoDetect.Visibility.ANY)
final class DemoReport {

  /** One restored process. */
  record Restore(
      @JsonProperty("clone") int number,
      long firstOkMillis,
      String token,
      long pid,
      @Nullable RestoreParts parts) {}

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

  /**
   * A restore is cut where something of it was seen, in the only order that there can be. That CRIU
   * starts may be missed on a busy machine: what the script took is then in CRIU's part.
   */
  synchronized void checkParts(String restore, RestoreTimes times) {
    check(
        restore + ": script, CRIU, walk and answer add up",
        times.criu() < times.walk() && times.walk() < times.firstOk(),
        String.format(
            Locale.ROOT,
            "CRIU %s, the walk from %.0f ms on, of %d ms",
            times.criu() < 0 ? "was not seen to start" : "from %.0f ms on".formatted(times.criu()),
            times.walk(),
            times.firstOk()));
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

  String engine() {
    return engine;
  }

  synchronized List<Check> checks() {
    return List.copyOf(checks);
  }

  /** What a restore is called. */
  String name(Restore restore) {
    return restore.number == 0 ? engine + " restore" : "clone " + restore.number;
  }

  /** The longest restore of all, for bars that can be compared. */
  synchronized double longest() {
    return restores.stream().mapToLong(Restore::firstOkMillis).max().orElse(1);
  }

  synchronized String table() {
    StringBuilder table = new StringBuilder();
    table.append("\n  time to the first HTTP 200 that read the database\n");
    row(table, "cold start", coldStartMillis + " ms");
    for (Restore restore : restores) {
      String ratio =
          restore.firstOkMillis > 0 && coldStartMillis > 0
              ? "   %.1f times as fast".formatted((double) coldStartMillis / restore.firstOkMillis)
              : "";
      String mark = isSlow(restore) ? ", SLOWER than the cold start" : "";
      row(table, name(restore), restore.firstOkMillis + " ms" + ratio + mark);
    }
    if (imageBytes >= 0) {
      row(table, "image", imageBytes / 1_000_000 + " MB");
    }
    row(
        table,
        "log events",
        "%d sent, %d found, %d twice"
            .formatted(logEvents.sent, logEvents.found, logEvents.duplicates));
    bars(table);
    table.append("\n  checks\n");
    for (Check check : checks) {
      row(table, (check.ok ? "ok    " : "FAIL  ") + check.name, check.detail);
    }
    return table.toString();
  }

  private void bars(StringBuilder table) {
    if (restores.stream().noneMatch(restore -> restore.parts != null)) {
      return;
    }
    table.append("\n  where the time of a restore went: a letter for each part, milliseconds\n");
    for (Restore restore : restores) {
      if (restore.parts != null) {
        String bar = RestoreBar.line(restore.parts, longest());
        table.append("  %-12s %s%n".formatted(name(restore), bar));
      }
    }
  }

  private static void row(StringBuilder table, String name, String value) {
    table.append("  %-52s %s%n".formatted(name, value));
  }
}
