/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.RunningProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** Runs the command as a user does: the jar that ships. */
final class Commands {

  private static final AtomicInteger CALLS = new AtomicInteger();

  private Commands() {}

  /** How a call ended. */
  record Ended(int status, String output, String error) {

    String told() {
      return "exit status " + status + "\n" + output + error;
    }
  }

  static Path jar() {
    return Path.of(System.getProperty("crac.command.jar"));
  }

  static List<String> words(Path jar, String... arguments) {
    List<String> words =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-jar",
                jar.toString()));
    words.addAll(List.of(arguments));
    return words;
  }

  static Ended run(Path outputs, String... arguments) throws Exception {
    return run(outputs, words(jar(), arguments));
  }

  static Ended run(Path outputs, List<String> words) throws Exception {
    String name = "command" + CALLS.incrementAndGet();
    try (RunningProcess command = RunningProcess.start(words, Map.of(), outputs, name)) {
      int status = command.awaitExit();
      return new Ended(status, command.output(), command.error());
    }
  }

  /** A JVM with nothing of ours on its class path. */
  static JvmCommand plain(String... options) {
    return JvmCommand.ofMainClass(PlainService.class.getName())
        .without("crac", "slf4j", "logback", "jackson", "picocli")
        .options("-Xmx128m")
        .options(options);
  }
}
