/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.process;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.protocol.ShellWords;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("soak")
@RequiresCriu
@DisplayName("A restored process has the standard streams of its restore")
class StreamsIT {

  @TempDir Path folder;

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  @Tag("essential")
  @Test
  @DisplayName("where the original wrote into files that have grown or are gone since")
  void files() throws Exception {
    Image image = Services.checkpointed(folder);
    Path originalOutput = folder.resolve("original.out");
    Files.writeString(originalOutput, Files.readString(originalOutput) + "written later\n");
    for (int turn = 0; turn < 2; turn++) {
      try (RunningProcess service = restored(image, folder, "turn" + turn)) {
        ask(service, "say to the output " + turn, "to the output");
        service.send("complain to the errors " + turn);
        end(service);
        assertThat(service.output()).contains("to the output " + turn).doesNotContain("ready");
        assertThat(service.error()).isEqualTo("to the errors " + turn + "\n");
      }
      Files.delete(turn == 0 ? originalOutput : folder.resolve("original.err"));
    }
  }

  @Test
  @DisplayName("where the original wrote both streams into one file")
  void oneFile() throws Exception {
    Path image = folder.resolve("image");
    List<String> java = Services.command(image).words();
    try (RunningProcess original = byShell("exec \"$@\" 2>&1", java, "original")) {
      original.awaitLine("ready");
      checkpoint(original);
    }
    try (RunningProcess service = restored(new Image(image), folder, "restored")) {
      service.send("complain of something");
      ask(service, "say something else", "something else");
      end(service);
      assertThat(service.output()).doesNotContain("of something");
      assertThat(service.error()).isEqualTo("of something\n");
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("where the original had pipes")
  void pipes() throws Exception {
    Path image = folder.resolve("image");
    Process original =
        new ProcessBuilder(Services.command(image).words())
            .redirectError(folder.resolve("original.err").toFile())
            .start();
    try (var output = original.inputReader()) {
      assertThat(output.readLine()).startsWith("ready");
      original.getOutputStream().write("checkpoint\n".getBytes());
      original.getOutputStream().flush();
      assertThat(original.waitFor(60, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
      assertThat(original.exitValue()).isEqualTo(137);
    } finally {
      original.destroyForcibly();
    }
    Process service = new ProcessBuilder(image.resolve("restore").toString()).start();
    try (var output = service.inputReader();
        var errors = service.errorReader()) {
      assertThat(output.readLine()).startsWith("restored");
      service.getOutputStream().write("complain of pipes\nexit 4\n".getBytes());
      service.getOutputStream().flush();
      assertThat(errors.readLine()).isEqualTo("of pipes");
      assertThat(output.readLine()).isEqualTo("shutdown hook");
      // The end of the file comes with the end of the process: nobody else holds the pipe.
      assertThat(output.readLine()).isNull();
      assertThat(service.waitFor(60, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
      assertThat(service.exitValue()).isEqualTo(4);
    } finally {
      service.destroy();
    }
  }

  /** What the shell makes of the streams, and what the original then writes nowhere. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "> /dev/null 2> /dev/null",
        "> /dev/null 2>&1",
        "> gone 2>&1; rm gone",
        "3>&1 > /dev/null 2>&3 3>&-"
      })
  @DisplayName("where the original's were /dev/null, deleted, or each other's")
  void others(String redirection) throws Exception {
    Image image = new Image(folder.resolve("image"));
    Path requests = Files.createFile(folder.resolve("requests"));
    String line =
        "cd "
            + quoted(folder)
            + "; tail -n +1 -f --pid=$$ "
            + quoted(requests)
            + " | { exec "
            + redirection
            + "; exec \"$@\"; }";
    try (RunningProcess original =
        byShell(line, Services.command(image.folder()).words(), "original")) {
      Files.writeString(requests, "add 41\ncheckpoint\n");
      assertThat(original.awaitExit()).as(original.told()).isEqualTo(137);
    }
    try (RunningProcess first = restored(image, folder, "first");
        RunningProcess second = restored(image, folder, "second", "--clone")) {
      for (RunningProcess service : List.of(first, second)) {
        service.send("complain of " + service.pid());
        assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
        end(service);
        assertThat(service.error()).isEqualTo("of " + service.pid() + "\n");
        assertThat(service.output()).doesNotContain("of " + service.pid());
      }
    }
  }

  @Test
  @DisplayName("where all of the original's were one Unix socket, as sshd or systemd give it")
  void socket() throws Exception {
    Image image = new Image(folder.resolve("image"));
    List<String> command =
        new java.util.ArrayList<>(
            List.of(
                "perl",
                "-MSocket",
                "-e",
                """
                socketpair(my $ours, my $its, AF_UNIX, SOCK_STREAM, 0) or die;
                my $jvm = fork();
                if ($jvm == 0) {
                  close $ours;
                  open(STDIN, '<&', $its); open(STDOUT, '>&', $its); open(STDERR, '>&', $its);
                  close $its;
                  exec @ARGV;
                }
                close $its;
                if (fork() == 0) { while (<STDIN>) { syswrite($ours, $_); } exit; }
                $| = 1;
                while (<$ours>) { print; }
                waitpid($jvm, 0); # or its PID would stay taken
                """));
    command.addAll(Services.command(image.folder()).words());
    try (RunningProcess original = RunningProcess.start(command, Map.of(), folder, "original")) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=41");
      original.send("checkpoint");
      assertThat(original.awaitExit()).as(original.told()).isZero();
    }
    try (RunningProcess service = restored(image, folder, "restored")) {
      service.send("complain of something");
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
      assertThat(service.error()).isEqualTo("of something\n");
    }
  }

  @Test
  @DisplayName("that go on where they are in a file, instead of at its beginning")
  void appended() throws Exception {
    Image image = Services.checkpointed(folder);
    Path log = folder.resolve("log");
    Files.writeString(log, "before\n");
    try (RunningProcess service =
        image
            .restore()
            .by("sh", "-c", "log=$1; shift; exec \"$@\" >> \"$log\" 2>&1", "caller", log.toString())
            .start(folder, "restored")) {
      service.send("await");
      service.send("say one");
      service.send("complain of two");
      service.send("exit 0");
      assertThat(service.awaitExit()).as(service.told()).isZero();
    }
    assertThat(Files.readString(log)).startsWith("before\n").contains("one\nof two\n");
  }

  @Test
  @DisplayName("of which any may be closed")
  void closed() throws Exception {
    Image image = Services.checkpointed(folder);
    try (RunningProcess service =
        image.restore().by("sh", "-c", "exec \"$@\" <&-", "caller").start(folder, "closed")) {
      assertThat(service.awaitExit()).as(service.told()).isZero();
      assertThat(service.output()).contains("end of input");
    }
    try (RunningProcess service =
        image.restore().by("sh", "-c", "exec \"$@\" >&- 2>&-", "caller").start(folder, "dumb")) {
      service.send("await"); // it cannot tell when it is back
      service.send("complain to nobody");
      service.send("exit 6");
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(6);
    }
  }

  @Test
  @DisplayName("whichever of both had a terminal, as a session's leader")
  void terminal() throws Exception {
    fromATerminal("exec ", "");
  }

  @Test
  @DisplayName("whichever of both had a terminal, as what script(1) watches for a stop")
  void watched() throws Exception {
    fromATerminal("set -m; ", ""); // for its last command a shell may make room
  }

  @Tag("essential")
  @Test
  @DisplayName("whichever of both had a terminal, as a job of a shell")
  void job() throws Exception {
    fromATerminal("set -m; ", "; exit $?");
  }

  private void fromATerminal(String before, String after) throws Exception {
    Image image = new Image(folder.resolve("image"));
    String java =
        Services.command(image.folder()).java().stream()
            .map(ShellWords::quote)
            .collect(Collectors.joining(" "));
    try (RunningProcess original = onATerminal(before + java + after, "original")) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=41");
      original.send("checkpoint");
      // No shell has seen a stopped job, which it would have left behind.
      assertThat(original.awaitExit()).as(original.told()).isEqualTo(137);
      assertThat(original.output()).doesNotContainIgnoringCase("stopped", "shutdown hook");
    }
    for (String how : List.of("exec ", "set -m; ")) {
      try (RunningProcess service =
          onATerminal(how + quoted(image.folder().resolve("restore")), "terminal")) {
        service.awaitLine("restored");
        ask(service, "complain to the terminal", "to the terminal");
        assertThat(ask(service, "add 1", "sum=")).contains("sum=42");
        service.send("exit 5");
        assertThat(service.awaitExit()).as(service.told()).isEqualTo(5);
      }
    }
    try (RunningProcess elsewhere = restored(image, folder, "elsewhere")) {
      elsewhere.send("complain of files");
      assertThat(ask(elsewhere, "add 1", "sum=")).isEqualTo("sum=42");
      end(elsewhere);
      assertThat(elsewhere.error()).isEqualTo("of files\n");
    }
  }

  @Test
  @DisplayName("which may be a terminal where the original had none, and its INT ends the process")
  void toATerminal() throws Exception {
    Image image = Services.checkpointed(folder);
    try (RunningProcess service =
        onATerminal("exec " + quoted(image.folder().resolve("restore")), "terminal")) {
      service.awaitLine("restored");
      assertThat(ask(service, "add 1", "sum=")).contains("sum=42");
      service.send("\u0003"); // what ^C sends to whoever is in the foreground
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(130);
      assertThat(service.output()).contains("shutdown hook");
    }
  }

  private RunningProcess onATerminal(String line, String name) throws Exception {
    return RunningProcess.start(
        List.of("script", "--quiet", "--return", "--command", line, "/dev/null"),
        Map.of("TMPDIR", folder.toString()),
        folder,
        name);
  }

  private RunningProcess byShell(String line, List<String> java, String name) throws Exception {
    List<String> command = new java.util.ArrayList<>(List.of("sh", "-c", line, "caller"));
    command.addAll(java);
    return RunningProcess.start(command, Map.of(), folder, name);
  }

  private static String quoted(Path path) {
    return ShellWords.quote(new File(path.toString()).toString());
  }
}
