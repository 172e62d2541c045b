/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What services do below {@code /tmp}, for {@code CommandedService}'s command {@code call}. */
public final class BelowTmp {

  private BelowTmp() {}

  /** Writes a line of a log, which is opened for each, to its end: {@code FILE TEXT}. */
  public static String log(String argument) throws IOException {
    String[] words = split(argument);
    Files.writeString(
        Path.of(words[0]), words[1] + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    return "logged";
  }

  /** Writes many such lines: {@code FILE TEXT COUNT}. */
  public static String logMany(String argument) throws IOException {
    String[] words = argument.split(" ");
    for (int number = 0; number < Integer.parseInt(words[2]); number++) {
      log(words[0] + ' ' + words[1] + '-' + number);
    }
    return "logged";
  }

  /** The lines that {@link #logMany} writes. */
  public static String many(String text, int count) {
    return IntStream.range(0, count)
        .mapToObj(number -> text + '-' + number + '\n')
        .collect(Collectors.joining());
  }

  /** Makes a folder that is deleted at this JVM's end, as Tomcat's base folder is. */
  public static String folder(String path) throws IOException {
    Files.createDirectories(Path.of(path));
    new File(path).deleteOnExit();
    return "made";
  }

  /** Makes a file that is deleted at this JVM's end: {@code FILE TEXT}. */
  public static String file(String argument) throws IOException {
    String[] words = split(argument);
    Files.writeString(Path.of(words[0]), words[1]);
    new File(words[0]).deleteOnExit();
    return "made";
  }

  /** Writes a file: {@code FILE TEXT}. */
  public static String write(String argument) throws IOException {
    String[] words = split(argument);
    Files.writeString(Path.of(words[0]), words[1]);
    return "wrote";
  }

  /** The path may have blanks in it. */
  private static String[] split(String argument) {
    int blank = argument.lastIndexOf(' ');
    return new String[] {argument.substring(0, blank), argument.substring(blank + 1)};
  }

  public static String read(String path) throws IOException {
    return "read " + Files.readString(Path.of(path));
  }

  public static String list(String path) throws IOException {
    try (var entries = Files.list(Path.of(path))) {
      return "listed "
          + entries.map(one -> one.getFileName().toString()).sorted().toList().toString();
    }
  }
}
