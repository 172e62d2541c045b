/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu;

import static dev.cracadapters.criu.Services.ask;
import static dev.cracadapters.criu.Services.checkpoint;
import static dev.cracadapters.criu.Services.end;
import static dev.cracadapters.criu.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RequiresCriu
@DisplayName("A restored process has the standard streams of its restore")
class StreamsIT {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir Path folder;

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

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
      service.awaitLine(
          "of something"); // one stream in the process, so the restore's output has both
      end(service);
      assertThat(service.error()).isEmpty();
    }
  }

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

  @Test
  @DisplayName("where the original had /dev/null, which stays what it is")
  void nowhere() throws Exception {
    Path image = folder.resolve("image");
    Path requests = Files.createFile(folder.resolve("requests"));
    List<String> java = Services.command(image).words();
    String follow = "tail -n +1 -f --pid=$$ " + quoted(requests);
    try (RunningProcess original =
        byShell(
            follow + " | exec \"$@\" > " + quoted(folder.resolve("log")) + " 2> /dev/null",
            java,
            "original")) {
      Files.writeString(requests, "checkpoint\n");
      assertThat(original.awaitExit()).isEqualTo(137);
    }
    try (RunningProcess service = restored(new Image(image), folder, "restored")) {
      service.send("complain to nobody");
      ask(service, "say something", "something");
      end(service);
      assertThat(service.error()).isEmpty();
    }
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
  @DisplayName(
      "which is a terminal where the original had one; elsewhere it says that it needs one")
  void terminal() throws Exception {
    Image image = new Image(folder.resolve("image"));
    String java =
        Services.command(image.folder()).java().stream()
            .map(ShellWords::quote)
            .collect(Collectors.joining(" "));
    try (RunningProcess original = onATerminal("exec " + java, "original")) {
      original.awaitLine("ready");
      original.send("checkpoint");
      // The command script stops with its child, as a shell with job control would go on without
      // it.
      Path done = image.folder().resolve("restore");
      assertThat(Deadline.after(LIMIT).await(() -> Files.exists(done))).isTrue();
      assertThat(Deadline.after(LIMIT).await(() -> isStopped(original.pid()))).isTrue();
      original.signal("CONT");
      assertThat(original.awaitExit()).as(original.told()).isEqualTo(137);
    }
    for (int turn = 0; turn < 2; turn++) {
      try (RunningProcess service =
          onATerminal("exec " + quoted(image.folder().resolve("restore")), "terminal" + turn)) {
        service.awaitLine("restored");
        ask(service, "complain to the terminal", "to the terminal");
        service.send("exit 5");
        assertThat(service.awaitExit()).as(service.told()).isEqualTo(5);
      }
    }
    try (RunningProcess elsewhere = image.restore().start(folder, "elsewhere")) {
      assertThat(elsewhere.awaitExit()).isEqualTo(125);
      assertThat(elsewhere.error())
          .contains("the process was checkpointed on a terminal: restore it on one");
    }
  }

  private static boolean isStopped(long pid) {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/stat")).contains(") T ");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
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
