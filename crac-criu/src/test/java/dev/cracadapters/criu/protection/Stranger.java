/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.OrdinaryUser;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Another user of the machine, who does what an attacker can. */
final class Stranger {

  static final OrdinaryUser USER = new OrdinaryUser(4002);

  private static final String DONE = "the-stranger-has-acted";

  private Stranger() {}

  /** Runs commands of the shell as that user, all of which succeed. */
  static void acts(Path outputs, String commands, Object... arguments) throws Exception {
    try (RunningProcess shell =
        RunningProcess.start(words(USER.by(), commands, arguments), Map.of(), outputs, "acts")) {
      assertThat(shell.awaitExit()).as(shell.told()).isZero();
    }
  }

  /**
   * Has that user act in the middle of what a script does: right before it runs a command for the
   * first time with a text among its arguments.
   *
   * @param commands a new folder of root's, to be the first in the script's {@code PATH}
   */
  static void actsBefore(
      Path commands, String command, String with, String what, Object... arguments)
      throws IOException {
    String acts =
        words(USER.withoutPipe(), what, arguments).stream()
            .map(word -> "'" + word.replace("'", "'\\''") + "'")
            .collect(Collectors.joining(" "));
    Files.createDirectories(commands);
    Services.script(
        commands.resolve(command),
        "#!/bin/sh",
        "PATH=${PATH#*:}",
        "case \"$*\" in",
        "  *'" + with + "'*)",
        "    [ -e '" + commands.resolve(DONE + command) + "' ] ||",
        "      " + acts + " < /dev/null > '" + commands.resolve(DONE + command) + "' 2>&1 ;;",
        "esac",
        "exec " + command + " \"$@\"");
  }

  /** The first one in {@code PATH} is the folder. */
  static String path(Path commands) {
    return commands + ":" + System.getenv("PATH");
  }

  /** Whether it came to that, and all that the stranger did succeeded. */
  static void assertHasActed(Path commands, String command) {
    assertThat(commands.resolve(DONE + command))
        .as("what the stranger's commands said")
        .hasContent("");
  }

  private static List<String> words(String[] by, String commands, Object... arguments) {
    return Stream.of(
            Stream.of(by),
            Stream.of("sh", "-e", "-c", commands, "stranger"),
            Stream.of(arguments).map(Object::toString))
        .flatMap(words -> words)
        .toList();
  }

  /** Removes what is at a path, if there is anything. */
  static void wipe(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> all = Files.walk(path)) {
      for (Path one : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(one);
      }
    }
  }

  /** Removes all that is in a folder. */
  static void empty(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      for (Path one : entries.toList()) {
        wipe(one);
      }
    }
  }
}
