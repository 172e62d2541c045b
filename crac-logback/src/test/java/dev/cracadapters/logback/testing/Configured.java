/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.testing;

import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.core.joran.spi.JoranException;
import dev.cracadapters.logback.LogbackSettings;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipInputStream;

/** Contexts that are configured by XML, and what their folders hold afterwards. */
public final class Configured {

  private Configured() {}

  /** A context that logs by the appenders "A"; {@code DIR} is the folder. */
  public static Logs logs(Path folder, LogbackSettings.OnRestore choice, String xml)
      throws JoranException {
    Logs logs = new Logs(folder, Logs.SETTINGS.withOnRestore(choice));
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(logs.context);
    String whole =
        "<configuration>%s<root level='DEBUG'><appender-ref ref='A'/></root></configuration>"
            .formatted(xml.replace("DIR", folder.toString()));
    configurator.doConfigure(new ByteArrayInputStream(whole.getBytes(StandardCharsets.UTF_8)));
    return logs;
  }

  /** An appender "A" that writes the message alone. */
  static String appender(String kind, String inside) {
    return "<appender name='A' class='%s'>%s<encoder><pattern>%%msg%%n</pattern></encoder></appender>"
        .formatted(kind, inside);
  }

  public static String file(String inside) {
    return appender("ch.qos.logback.core.FileAppender", inside);
  }

  public static String rolling(String inside) {
    return appender("ch.qos.logback.core.rolling.RollingFileAppender", inside);
  }

  public static String policy(String kind, String inside) {
    return "<rollingPolicy class='ch.qos.logback.core.rolling.%s'>%s</rollingPolicy>"
        .formatted(kind, inside);
  }

  /** All files below a folder by their names, with their lines joined by blanks. */
  public static Map<String, String> files(Path folder) throws IOException {
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> found = Files.walk(folder)) {
      for (Path path : found.filter(Files::isRegularFile).toList()) {
        files.put(folder.relativize(path).toString(), String.join(" ", lines(path)));
      }
    }
    return files;
  }

  private static List<String> lines(Path path) throws IOException {
    try (InputStream in = open(path)) {
      List<String> lines = new ArrayList<>();
      new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))
          .lines()
          .forEach(lines::add);
      return lines;
    }
  }

  private static InputStream open(Path path) throws IOException {
    InputStream in = Files.newInputStream(path);
    if (path.toString().endsWith(".gz")) {
      return new GZIPInputStream(in);
    }
    if (path.toString().endsWith(".zip")) {
      ZipInputStream zip = new ZipInputStream(in);
      zip.getNextEntry();
      return zip;
    }
    return in;
  }
}
