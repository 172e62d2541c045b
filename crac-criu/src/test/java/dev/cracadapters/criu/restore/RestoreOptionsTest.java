/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The command line of a restore")
class RestoreOptionsTest {

  private static final String AWKWARD =
      " two words \"quoted\" it's $HOME `id` \\ \\0 %s * ~\n\nline\n";

  @TempDir Path folder;
  private Path script;

  /** What a shell made of a command line. */
  private record Outcome(int status, List<String> words, String errors) {}

  @BeforeEach
  void takeTheOptionsAlone() throws IOException {
    script = folder.resolve("restore");
    try (InputStream options = RestoreScript.class.getResourceAsStream("options.sh")) {
      Files.writeString(
          script,
          new String(options.readAllBytes(), StandardCharsets.UTF_8)
              + "\nset -u\nparse \"$@\"\nmail \"$@\"\n");
    }
  }

  private Outcome run(String shell, String... options) throws Exception {
    List<String> command = new ArrayList<>(List.of(shell.split(" ")));
    assumeTrue(
        Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
            .anyMatch(one -> Files.isExecutable(Path.of(one, command.get(0)))),
        "there is no " + command.get(0) + " on this machine");
    command.add(script.toString());
    command.addAll(List.of(options));
    Path output = folder.resolve("output");
    Path errors = folder.resolve("errors");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile());
    builder.environment().put("CALLERS", "value\nFAKE=1");
    builder.environment().put("callers.own", "");
    Process process = builder.start();
    try {
      assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    String words = Files.readString(output);
    return new Outcome(
        process.exitValue(),
        words.isEmpty() ? List.of() : List.of(words.split("\0", -1)),
        Files.readString(errors));
  }

  @ParameterizedTest
  @ValueSource(strings = {"sh", "bash", "bash --posix", "busybox sh"})
  @DisplayName("reaches the process word for word, whatever is in it and whichever shell reads it")
  void wordForWord(String shell) throws Exception {
    Files.createFile(folder.resolve("PICKED_1"));
    Outcome outcome =
        run(
            shell,
            "--clone",
            "-e",
            "A=" + AWKWARD,
            "-e",
            "E=",
            "-e",
            "--=--",
            "-e",
            "-Dx=-e",
            "-e",
            "CALLERS",
            "-e",
            "callers.own",
            "--keep-env",
            "--env-from-caller",
            "PICKED_*",
            "--env-from-caller",
            "*",
            "-Dkey=" + AWKWARD,
            "-Dempty=",
            "-Dbare",
            "-De=-e",
            "--net",
            "--",
            "--",
            "-e",
            AWKWARD,
            "");
    assertThat(outcome.errors()).isEmpty();
    assertThat(outcome.status()).isZero();
    assertThat(outcome.words())
        .isEqualTo(
            List.of(
                "variable=A=" + AWKWARD,
                "variable=E=",
                "variable=--=--",
                "variable=-Dx=-e",
                "variable=CALLERS",
                "variable=callers.own",
                "keep-environment=",
                "take=PICKED_*",
                "take=*",
                "property=key=" + AWKWARD,
                "property=empty=",
                "property=bare",
                "property=e=-e",
                "argument=--",
                "argument=-e",
                "argument=" + AWKWARD,
                "argument=",
                "")); // after the last NUL
  }

  @ParameterizedTest
  @ValueSource(strings = {"sh", "bash", "busybox sh"})
  @DisplayName("is as long as the kernel lets it be")
  void many(String shell) throws Exception {
    List<String> options = new ArrayList<>();
    for (int i = 0; i < 5000; i++) {
      options.addAll(List.of("-e", "VARIABLE_" + i + "=value " + i));
    }
    Outcome outcome = run(shell, options.toArray(String[]::new));
    assertThat(outcome.status()).as(outcome.errors()).isZero();
    assertThat(outcome.words()).hasSize(5001).contains("variable=VARIABLE_4999=value 4999");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-e | -e needs NAME=VALUE or NAME",
        "-e '' | -e '': a variable needs a name: -e NAME=VALUE",
        "-e =x | -e '=x': a variable needs a name: -e NAME=VALUE",
        "-e NOBODYS | -e NOBODYS: this command has no such variable: -e NOBODYS=VALUE gives one",
        "-e FAKE | -e FAKE: this command has no such variable: -e FAKE=VALUE gives one",
        "-e CALLER? | -e CALLER?: this command has no such variable: -e CALLER?=VALUE gives one",
        "-e clone | -e clone: this command has no such variable: -e clone=VALUE gives one",
        "-D | -D: a system property needs a name: -Dkey=value",
        "-D=x | -D=x: a system property needs a name: -Dkey=value",
        "--keep-env --env-from-caller | --env-from-caller needs a pattern of names, in quotes:"
            + " --env-from-caller 'SPRING_*'",
        "--env-from-caller X* | --env-from-caller goes with --keep-env: without it the process gets"
            + " all variables of this command",
        "--net | --net goes with --clone",
        "--clones | --clones is no option; an argument for the process comes after --",
        "-Xmx1g | -Xmx1g is an option of the JVM, which reads it at its start alone: give it to java,"
            + " before the checkpoint",
        "argument | argument is no option; an argument for the process comes after --",
      })
  @DisplayName("is refused with exit status 2 and the reason where it makes no sense")
  void refused(String options, String reason) throws Exception {
    String[] words =
        Arrays.stream(options.split(" "))
            .map(word -> word.equals("''") ? "" : word)
            .toArray(String[]::new);
    for (String shell : List.of("sh", "bash")) {
      Outcome outcome = run(shell, words);
      assertThat(outcome.status()).as(shell).isEqualTo(2);
      assertThat(outcome.words()).isEmpty();
      assertThat(outcome.errors()).isEqualTo("restore: " + reason + "; see restore --help\n");
    }
  }

  @Test
  @DisplayName("names each of its options in its help")
  void help() throws Exception {
    Outcome outcome = run("sh", "--help");
    assertThat(outcome.status()).isZero();
    assertThat(outcome.words().get(0))
        .contains("--clone", "--net", "--check", "-e NAME=VALUE", "-e NAME ", "--keep-env")
        .contains("--env-from-caller PATTERN", "-Dkey=value");
  }
}
