/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

import dev.cracadapters.benchmarks.Jdk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The tables as Markdown, and the chart. */
final class StartReport {

  /** The name of the comments between which the documentation shows this. */
  static final String MARK = "benchmarks/start";

  private final StartOptions options;
  private final Machine machine = new Machine();
  private final long started = System.nanoTime();
  private final StringBuilder tables = new StringBuilder();

  /** For each way what each service took, and how many times as long as ours that is. */
  private final Map<String, Map<String, String>> summary = new LinkedHashMap<>();

  private final Chart chart = new Chart();

  StartReport(StartOptions options) throws IOException {
    this.options = options;
  }

  /** A service in all the ways. */
  void service(Subject subject, List<Measured> ways) {
    double ours =
        ways.stream()
            .filter(Measured::isOurs)
            .mapToDouble(way -> way.warm().median())
            .findFirst()
            .orElseThrow();
    tables.append(
        """

        ### %s: %s

        | way | first 200, ms: median (quartiles), all | times as long as ours | cold page cache, ms | p50 / p99 of the first %,d, ms | image or archive, MB | PSS, MB |
        | --- | --- | --- | --- | --- | --- | --- |
        """
            .formatted(subject.name(), subject.description(), options.requests()));
    for (Measured way : ways) {
      List<String> cells = new ArrayList<>(way.cells());
      cells.add(2, "%.1f".formatted(way.warm().median() / ours));
      row(cells);
      summary
          .computeIfAbsent(way.name(), name -> new LinkedHashMap<>())
          .put(
              subject.name(),
              "%.0f | %.1f".formatted(way.warm().median(), way.warm().median() / ours));
    }
    chart.panel(subject.name() + ": " + subject.description(), ways);
  }

  void clones(List<List<String>> rows) {
    tables.append("\n### Many at once\n\n").append(Clones.heading());
    rows.forEach(this::row);
  }

  /** The first is what the others are compared with, round by round. */
  void heavy(List<Measured> ways) {
    tables.append(
        """

        ### A large heap

        | orders | first 200, ms: median (quartiles), all | times as long as the first row, pair by pair | image, MB | PSS, MB |
        | --- | --- | --- | --- | --- |
        """);
    for (Measured way : ways) {
      List<String> cells = new ArrayList<>(way.cells());
      cells.subList(2, 4).clear();
      cells.add(2, way.pairs(ways.get(0)).ratio());
      row(cells);
    }
  }

  private void row(List<String> cells) {
    tables.append("| ").append(String.join(" | ", cells)).append(" |\n");
  }

  /** What there is so far. */
  String tables() {
    return tables.toString();
  }

  void write() throws IOException, InterruptedException {
    String about = about();
    chart.note(
        "Milliseconds from exec to the first 200 that read the database: medians of %d rounds, quartiles; circles: cold page cache."
            .formatted(options.rounds()));
    String svg = chart.svg();
    Path target = Files.createDirectories(options.root().resolve("target/benchmarks"));
    String whole = about + tables;
    Files.writeString(target.resolve("start.md"), whole);
    Files.writeString(target.resolve("start.svg"), svg);
    System.out.println(whole);
    System.err.println("Written: " + target.resolve("start.md") + " and start.svg");
    if (options.publish()) {
      Files.writeString(options.root().resolve("benchmarks/start.svg"), svg);
      publish(
          "benchmarks/README.md", "![Milliseconds until the first answer](start.svg)\n\n" + whole);
      publish("README.md", inShort(about));
    }
  }

  /** The medians alone: a row for each way, and for each service what it took. */
  String inShort(String about) {
    StringBuilder table = new StringBuilder("| |");
    options
        .services()
        .forEach(name -> table.append(" %s, ms | times as long as ours |".formatted(name)));
    table.append("\n| --- |").append(" --- | --- |".repeat(options.services().size()));
    summary.forEach(
        (way, cells) -> {
          table.append("\n| ").append(way).append(" |");
          options
              .services()
              .forEach(name -> table.append(" %s |".formatted(cells.getOrDefault(name, " | "))));
        });
    return "![Milliseconds until the first answer](benchmarks/start.svg)\n\n"
        + table
        + "\n\n"
        + about;
  }

  private void publish(String name, String part) throws IOException {
    Path file = options.root().resolve(name);
    Files.writeString(file, Marked.replace(Files.readString(file), MARK, part));
  }

  /** How it was measured, and where. */
  private String about() throws IOException, InterruptedException {
    String jdks =
        options.javaHomes().stream()
            .map(
                home -> {
                  try {
                    return Jdk.version(home);
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                })
            .collect(Collectors.joining(", "));
    return """
        Medians of %d rounds in turns; with a cold page cache of %d; the first %,d requests of %d; many at once of %d (where nothing is restored of 1). %s, JDK %s, %s.
        %s
        """
        .formatted(
            options.rounds(),
            options.coldRounds(),
            options.requests(),
            options.loadRounds(),
            options.cloneRounds(),
            Machine.description(),
            jdks,
            Machine.criu(options.criu()),
            machine.load((System.nanoTime() - started) / 1_000_000));
  }
}
