/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RequiresCriu
@DisplayName("A restore")
class RestoreCommandsIT {

  /** CRIU's own calls of a shell, and what comes when the process is up, or takes longer. */
  private static final Set<String> OTHERS = Set.of("sh", "dash", "sleep", "rm");

  private static final String MAKE_FOLDER =
      "call dev.cracadapters.criu.image.TemporaryFilesInUse folder jetty-docbase.8080.";

  @TempDir Path folder;

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  /** Every command there is, each of which notes its name, and then does something else first. */
  private Path commandsThatNote(Path notes, String... first) throws Exception {
    Path commands = Files.createDirectory(folder.resolve("commands"));
    for (String place : List.of("/usr/bin", "/usr/sbin")) {
      try (Stream<Path> found = Files.list(Path.of(place))) {
        for (Path command : found.filter(Files::isExecutable).toList()) {
          Path noting = commands.resolve(command.getFileName().toString());
          if (Files.notExists(noting)) {
            Services.script(
                noting,
                "#!/bin/sh",
                "echo %s >> '%s'".formatted(command.getFileName(), notes),
                String.join("\n", first).replace("NAME", command.getFileName().toString()),
                "exec %s \"$@\"".formatted(command));
          }
        }
      }
    }
    return commands;
  }

  @Test
  @DisplayName(
      "starts eleven commands at most beside CRIU: each is a part of a thousandth of a second")
  void few() throws Exception {
    Image image = Services.checkpointed(folder);
    Path notes = folder.resolve("notes");
    Path commands = commandsThatNote(notes);
    List<String> expected =
        new ArrayList<>(
            List.of("stat", "mkdir", "mkfifo", "sha256sum", "sha256sum", "cksum", "cat"));
    boolean late = Path.of("").toRealPath().startsWith("/tmp");
    if (Files.exists(image.folder().resolve("perfdata"))) {
      // The counters, and their way to their place; a JVM that finds no place for them has none.
      expected.addAll(late ? List.of("cat", "flock") : List.of("cat", "flock", "mkdir", "mv"));
    }
    if (late) {
      // Whose are the class path's files, what is in them, and whose when CRIU opens them?
      expected.addAll(List.of("stat", "stat", "stat", "timeout", "sha256sum"));
    }
    assertThat(commandsOfARestore(image, commands, notes, ""))
        .containsExactlyInAnyOrderElementsOf(expected);
    Files.delete(notes);
    // Whose TMPDIR is it, and what lies above it? Of /tmp the shell knows.
    expected.add("stat");
    assertThat(commandsOfARestore(image, commands, notes, folder.toString()))
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  @DisplayName(
      "waits for three commands before CRIU and one for folders that are gone, and makes few system calls until then")
  void early() throws Exception {
    assumeFalse(
        Path.of("").toRealPath().startsWith("/tmp"), "what lies there is looked at before CRIU");
    Path began = folder.resolve("began");
    Path beside = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "criu");
    try {
      Path criu =
          Services.script(
              beside.resolve("criu"),
              "#!/bin/sh",
              "[ \"$1\" != restore ] || : > '" + began + "'",
              "exec '" + WorkingCriu.here().path() + "' \"$@\"");
      Path taken = folder.resolve("image");
      try (RunningProcess original =
          Services.command(taken)
              .options("-Dcrac.criu=" + criu, "-Djava.io.tmpdir=" + beside)
              .start(folder, "original")) {
        original.awaitLine("ready");
        String made = Services.ask(original, MAKE_FOLDER, "jetty").substring("jetty: ".length());
        Services.checkpoint(original);
        Services.discard(Path.of(made)); // as an embedded server does when it ends
      }
      Image image = new Image(taken);
      Path notes = folder.resolve("notes");
      // All others wait for CRIU: with one of them before CRIU, neither would ever come.
      Path commands =
          commandsThatNote(
              notes,
              "case \"NAME $*\" in",
              "  sha256sum\\ | stat\\ * | 'mkdir '*/crac-restore.* | 'mkdir '*/jetty-docbase.*) ;;",
              "  *) until [ -e '" + began + "' ]; do /usr/bin/sleep 0.01; done ;;",
              "esac");
      assertThat(commandsOfARestore(image, commands, notes, ""))
          .containsOnlyOnce("stat", "mkfifo")
          .contains("cksum");
      Files.delete(began);
      assertThat(callsBeforeCriu(image, criu, commands)).as("system calls").isBetween(500, 4_000);
    } finally {
      Services.discard(beside);
    }
  }

  /**
   * Of the script itself, which is held at its first command after CRIU. A shell's {@code read}
   * makes one for each byte, which is how they become many.
   */
  private int callsBeforeCriu(Image image, Path criu, Path commands) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/strace")), "strace is not installed");
    Path trace = folder.resolve("trace");
    try (RunningProcess service =
        image
            .restore()
            .by("/usr/bin/strace", "-f", "-s", "4096", "-o", trace.toString())
            .environment("PATH", commands.toString())
            .environment("TMPDIR", "")
            .start(folder, "traced")) {
      service.awaitExit(); // CRIU cannot trace what is traced
    }
    List<String> calls = Files.readAllLines(trace, StandardCharsets.ISO_8859_1);
    String start = "execve(\"" + criu + "\", [\"" + criu + "\", \"restore\"";
    String script = calls.get(0).substring(0, calls.get(0).indexOf(' ') + 1);
    int count = 0;
    for (String call : calls) {
      if (call.contains(start)) {
        return count;
      }
      count += call.startsWith(script) ? 1 : 0;
    }
    throw new AssertionError("no start of CRIU in " + trace);
  }

  private List<String> commandsOfARestore(Image image, Path commands, Path notes, String temporary)
      throws Exception {
    try (RunningProcess service =
        image
            .restore()
            .environment("PATH", commands.toString())
            .environment("TMPDIR", temporary)
            .start(folder, "restored")) {
      service.awaitLine("restored ");
      List<String> names =
          Files.readAllLines(notes).stream().filter(name -> !OTHERS.contains(name)).toList();
      end(service);
      // What an earlier test's restores have left is looked for and removed when the process is up.
      int removal = names.indexOf("find");
      return removal < 0 ? names : names.subList(0, removal);
    }
  }
}
