/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/**
 * What the service's log files hold, the rolled ones included: for each order and each request how
 * often it was logged.
 */
final class LogEvents {

  private static final Pattern ORDER = Pattern.compile("order created id=\\d+ reference=(\\S+)");
  private static final Pattern REQUEST = Pattern.compile("request id=(\\S+) ");

  private final Map<String, Integer> times = new HashMap<>();

  private LogEvents() {}

  static LogEvents read(Path logFile) {
    LogEvents events = new LogEvents();
    Path folder = logFile.toAbsolutePath().getParent();
    String pattern = logFile.getFileName() + "*";
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, pattern)) {
      for (Path file : files) {
        events.readFile(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return events;
  }

  private void readFile(Path file) throws IOException {
    InputStream raw = Files.newInputStream(file);
    try (InputStream text = file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw) {
      String lines = new String(text.readAllBytes(), StandardCharsets.UTF_8);
      count(ORDER.matcher(lines), "order ");
      count(REQUEST.matcher(lines), "request ");
    }
  }

  private void count(Matcher matcher, String kind) {
    while (matcher.find()) {
      times.merge(kind + matcher.group(1), 1, Integer::sum);
    }
  }

  static String order(String reference) {
    return "order " + reference;
  }

  static String request(String id) {
    return "request " + id;
  }

  /** How many of these are in the log at least once. */
  long found(Collection<String> sent) {
    return sent.stream().filter(times::containsKey).count();
  }

  /** How many lines there are beyond the first for each of these. */
  long duplicates(Collection<String> sent) {
    return sent.stream().mapToLong(event -> times.getOrDefault(event, 1) - 1).sum();
  }
}
