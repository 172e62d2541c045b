/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.failure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A program of the tests in a JVM of its own. */
final class JavaProcess {

  private JavaProcess() {}

  /** The class path of the tests without what is named. */
  static String classPathWithout(String... parts) {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> Arrays.stream(parts).noneMatch(entry::contains))
        .collect(Collectors.joining(File.pathSeparator));
  }

  static ProcessBuilder of(
      Class<?> main, String classPath, List<String> before, String... options) {
    List<String> command = new ArrayList<>(before);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData"));
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", classPath, main.getName()));
    return new ProcessBuilder(command);
  }

  /** What it writes on both of its streams until it has ended. */
  static String run(Path folder, ProcessBuilder builder) throws Exception {
    Path output = folder.resolve("output");
    Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it has ended").isTrue();
    } finally {
      process.destroyForcibly();
    }
    return Files.readString(output);
  }
}
