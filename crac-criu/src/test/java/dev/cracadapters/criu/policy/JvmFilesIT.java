/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.policy;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.protocol.ShellWords;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.OutsideOfTmp;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("Files that the JVM itself has open, and what it inherited: ")
class JvmFilesIT {

  private static final String IS_WRITTEN =
      ": it is open for writing, and a restored process would find it changed. ";

  @TempDir(factory = OutsideOfTmp.class)
  Path folder;

  private JvmCommand command(String... options) {
    return Services.command(folder.resolve("image"), options);
  }

  private Image image() {
    return new Image(folder.resolve("image"));
  }

  private static String refusal(RunningProcess service) throws Exception {
    return ask(service, "checkpoint", "refused ");
  }

  /** The lines of a log that a full collection has left. */
  private static List<String> collections(Path log) throws Exception {
    return Files.readAllLines(log).stream().filter(line -> line.contains("Pause Full")).toList();
  }

  private void collect(RunningProcess service) throws Exception {
    assertThat(jcmd(service.below(image().pid()).orElseThrow(), "GC.run")).contains("success");
  }

  private String jcmd(long pid, String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of("jcmd", Long.toString(pid)));
    command.addAll(List.of(words));
    Path output = folder.resolve("jcmd.out");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return Files.readString(output);
  }

  @Tag("essential")
  @Test
  @DisplayName("a log of -Xlog goes on in every restore, whatever has become of it")
  void log() throws Exception {
    Path log;
    try (RunningProcess original =
        command(
                "-XX:+UseSerialGC",
                "-Xlog:gc:file=" + folder + "/gc-%p.log:time:filecount=3,filesize=9M")
            .start(folder, "original")) {
      original.awaitLine("ready");
      checkpoint(original);
      log = folder.resolve("gc-" + image().pid() + ".log");
    }
    List<String> before = Files.readAllLines(log);
    assertThat(collections(log)).isNotEmpty();
    for (String options : new String[] {"", "", "--clone"}) {
      int collections = collections(log).size();
      String[] words = options.isEmpty() ? new String[0] : new String[] {options};
      try (RunningProcess service = restored(image(), folder, "restore" + collections, words)) {
        collect(service);
        end(service);
      }
      assertThat(collections(log)).hasSizeGreaterThan(collections);
    }
    assertThat(Files.readAllLines(log)).startsWith(before.toArray(String[]::new));
    Files.delete(log);
    try (RunningProcess service = restored(image(), folder, "anew")) {
      collect(service);
      end(service);
    }
    assertThat(collections(log)).isNotEmpty();
  }

  @Test
  @DisplayName("a log that is shared by clones has every line of each, whole")
  void sharedLog() throws Exception {
    Path log = folder.resolve("gc.log");
    try (RunningProcess original =
        command("-XX:+UseSerialGC", "-Xlog:gc:file=" + log + ":time").start(folder, "original")) {
      original.awaitLine("ready");
      checkpoint(original);
    }
    int before = collections(log).size();
    try (RunningProcess one = restored(image(), folder, "one", "--clone");
        RunningProcess other = restored(image(), folder, "other", "--clone")) {
      for (int i = 0; i < 3; i++) {
        collect(one);
        collect(other);
      }
      end(one);
      end(other);
    }
    assertThat(collections(log)).hasSize(before + 6);
    assertThat(Files.readAllLines(log)).allMatch(line -> line.startsWith("[20"));
  }

  @Test
  @DisplayName("a flight recording is refused until it is stopped, and can be started again")
  void recording() throws Exception {
    try (RunningProcess original =
        command("-XX:StartFlightRecording=name=all").start(folder, "original")) {
      original.awaitLine("ready");
      assertThat(refusal(original))
          .contains(".jfr" + IS_WRITTEN + "a flight recording (JFR) writes it: stop that before")
          .contains("(jcmd %d JFR.stop name=..., which JFR.check tells)".formatted(original.pid()));
      assertThat(jcmd(original.pid(), "JFR.check")).contains("name=all");
      assertThat(jcmd(original.pid(), "JFR.stop", "name=all")).contains("Stopped recording");
      checkpoint(original);
    }
    for (int i = 0; i < 2; i++) {
      try (RunningProcess service = restored(image(), folder, "restore" + i)) {
        long pid = service.below(image().pid()).orElseThrow();
        Path file = folder.resolve("recording" + i + ".jfr");
        assertThat(jcmd(pid, "JFR.start", "name=again")).contains("Started recording");
        assertThat(jcmd(pid, "JFR.stop", "name=again", "filename=" + file)).contains("Stopped");
        assertThat(file).isNotEmptyFile();
        end(service);
      }
    }
  }

  @Test
  @DisplayName("what HotSpot writes by -XX:+LogVMOutput and -XX:+LogCompilation is refused by name")
  void output() throws Exception {
    Path output = folder.resolve("vm.log");
    String remedy =
        IS_WRITTEN
            + "HotSpot writes it: start the JVM without -XX:+LogVMOutput and -XX:+LogCompilation";
    try (RunningProcess service =
        command("-XX:+UnlockDiagnosticVMOptions", "-XX:+LogVMOutput", "-XX:LogFile=" + output)
            .start(folder, "output")) {
      service.awaitLine("ready");
      assertThat(refusal(service)).contains(output + remedy);
    }
    try (RunningProcess service =
        command("-XX:+UnlockDiagnosticVMOptions", "-XX:+LogCompilation", "-XX:LogFile=" + output)
            .start(folder, "compilation")) {
      service.awaitLine("ready");
      assertThat(refusal(service))
          .contains(output + remedy)
          .contains("_pid" + service.pid() + ".log" + remedy);
    }
  }

  @Tag("essential")
  @Test
  @DisplayName(
      "what was inherited and cannot stay is named so, with the redirection that closes it")
  void inherited() throws Exception {
    Path low = folder.resolve("low");
    Path high = folder.resolve("high");
    try (RunningProcess service =
        command()
            .by(
                "bash",
                "-c",
                "exec \"$@\" 3> '%s' 20> '%s' 21< <(exec sleep 600)".formatted(low, high),
                "starter")
            .start(folder, "inherited")) {
      service.awaitLine("ready");
      String refusal = refusal(service);
      assertThat(refusal)
          .contains(
              "descriptor 3, "
                  + low
                  + IS_WRITTEN
                  + "it was inherited from what started the JVM: close it there, in a shell by 3>&-")
          .contains(
              "descriptor 20, "
                  + high
                  + IS_WRITTEN
                  + "no stream or channel has it, so it was probably inherited from what started the JVM: close it there, in bash by 20>&-; if native")
          .containsPattern(
              "descriptor 21, pipe:\\[\\d+]: its other end is in another process, which a restore would not find. no stream or channel has it, .* by 21>&-");
    }
  }

  @Test
  @DisplayName(
      "an inherited file that is read, a folder and a device pass, as often as it is restored")
  void inheritedAndLetPass() throws Exception {
    Path read = Files.writeString(folder.resolve("read"), "text");
    try (RunningProcess original =
        command()
            .by("sh", "-c", "exec \"$@\" 3< '%s' 7< / 8<> /dev/null".formatted(read), "starter")
            .start(folder, "original")) {
      original.awaitLine("ready");
      checkpoint(original);
    }
    for (int i = 0; i < 2; i++) {
      try (RunningProcess service = restored(image(), folder, "restore" + i)) {
        assertThat(ask(service, "descriptors", "descriptors "))
            .contains("3=" + read)
            .contains("7=/,")
            .contains("8=/dev/null");
        end(service);
      }
    }
  }

  @Test
  @DisplayName("a socket that systemd has handed down is named so")
  void handedDown() throws Exception {
    Path file = folder.resolve("socket");
    try (RunningProcess service =
        command()
            .by(
                "sh",
                "-c",
                "export LISTEN_FDS=1 LISTEN_PID=$$; exec \"$@\" 3> '%s'".formatted(file),
                "starter")
            .start(folder, "handed")) {
      service.awaitLine("ready");
      assertThat(refusal(service))
          .contains(
              "descriptor 3, "
                  + file
                  + IS_WRITTEN
                  + "it was handed down by systemd (LISTEN_FDS): let no socket unit start the JVM");
    }
  }

  @Test
  @DisplayName(
      "a terminal that no standard stream is on is refused, which a restore would not have")
  void terminal() throws Exception {
    Path commands = folder.resolve("commands");
    assertThat(new ProcessBuilder("mkfifo", commands.toString()).start().waitFor()).isZero();
    Path output = folder.resolve("output");
    String java = command().java().stream().map(ShellWords::quote).collect(Collectors.joining(" "));
    String line = "exec %s 9<>\"$(tty)\" <> '%s' > '%s' 2>&1".formatted(java, commands, output);
    try (RunningProcess terminal =
        RunningProcess.start(
            List.of("script", "--quiet", "--return", "--command", line, "/dev/null"),
            Map.of(),
            folder,
            "terminal")) {
      Files.writeString(commands, "checkpoint\n", StandardOpenOption.APPEND);
      assertThat(
              Deadline.after(Duration.ofSeconds(60)).await(() -> text(output).contains("refused")))
          .as(terminal.told())
          .isTrue();
      assertThat(text(output))
          .containsPattern(
              "descriptor 9, /dev/pts/\\d+: it is a terminal, which a restore has by its standard streams alone\\. .*by 9>&-");
    }
  }

  private static String text(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
