/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.command.Commands.Ended;
import dev.cracadapters.criu.testing.CommandedService;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("soak")
@RequiresCriu
@DisplayName("crac-criu run")
class RunCommandIT {

  @TempDir Path folder;

  private static final String CLASS_PATH = System.getProperty("java.class.path");

  private RunningProcess run(String name, String... arguments) throws Exception {
    List<String> words = new ArrayList<>(Commands.words(Commands.jar(), "run"));
    words.addAll(List.of(arguments));
    return RunningProcess.start(words, Map.of(), folder, name);
  }

  private static long jvm(RunningProcess run) throws Exception {
    List<Long> found = new ArrayList<>();
    Deadline.after(Duration.ofSeconds(20)).await(() -> found.addAll(run.below()));
    return found.get(0);
  }

  @Tag("essential")
  @Test
  @DisplayName("starts a JVM with its streams, whose checkpoint is then easy, and ends as it ends")
  void checkpoint() throws Exception {
    Path image = folder.resolve("image");
    try (RunningProcess run =
        run(
            "run",
            "--image",
            image.toString(),
            "--criu",
            WorkingCriu.here().path().toString(),
            "-Xmx128m",
            "-cp",
            CLASS_PATH,
            CommandedService.class.getName())) {
      run.awaitLine("ready");
      run.send("add 3");
      run.awaitLine("sum=3");
      Ended ended = Commands.run(folder, "checkpoint", Long.toString(jvm(run)));
      assertThat(ended.status()).as(ended.told()).isZero();
      assertThat(run.awaitExit()).as(run.told()).isEqualTo(137);
      assertThat(run.error()).doesNotContain("WARNING");
    }
    try (RunningProcess restored = new Image(image).restore().start(folder, "restored")) {
      restored.send("add 1");
      restored.awaitLine("sum=4");
      restored.send("exit 0");
      assertThat(restored.awaitExit()).as(restored.told()).isZero();
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("passes on exit status and signals")
  void ends() throws Exception {
    try (RunningProcess run = run("exits", "-cp", CLASS_PATH, CommandedService.class.getName())) {
      run.awaitLine("ready");
      run.send("exit 42");
      assertThat(run.awaitExit()).as(run.told()).isEqualTo(42);
    }
    try (RunningProcess run = run("ended", "-cp", CLASS_PATH, CommandedService.class.getName())) {
      run.awaitLine("ready");
      run.signal("TERM");
      run.awaitLine("shutdown hook");
      assertThat(run.awaitExit()).as(run.told()).isEqualTo(143);
    }
    try (RunningProcess run = run("no-java", "--java", "/no/java", "-jar", "none.jar")) {
      assertThat(run.awaitExit()).as(run.told()).isNotZero();
      assertThat(run.error()).contains("/no/java");
    }
  }

  @Test
  @DisplayName("takes a checkpoint by the signal that it was told")
  void signal() throws Exception {
    Path image = folder.resolve("image");
    try (RunningProcess run =
        run(
            "run",
            "--signal=USR1",
            "--image=" + image,
            "--criu=" + WorkingCriu.here().path(),
            "-cp",
            CLASS_PATH,
            CommandedService.class.getName())) {
      run.awaitLine("ready");
      run.signal("USR1");
      assertThat(run.awaitExit()).as(run.told()).isEqualTo(137);
    }
    assertThat(image.resolve("restore")).isExecutable();
  }

  @Test
  @DisplayName("starts a JVM that the signal does not end before it can take a checkpoint")
  void earlySignal() throws Exception {
    for (String name : List.of("USR1", "USR2")) {
      try (RunningProcess run =
          run("early-" + name, "--signal=" + name, "-cp", CLASS_PATH, Late.class.getName())) {
        run.awaitLine("late");
        RunningProcess.signal(name, jvm(run));
        run.send("end");
        assertThat(run.awaitExit()).as(run.told()).isZero();
      }
    }
  }

  /** Never uses crac-core. */
  public static final class Late {
    public static void main(String[] arguments) throws Exception {
      System.out.println("late");
      System.exit(System.in.read() == 'e' ? 0 : 1);
    }
  }

  @Test
  @DisplayName("prints the command when asked to, as a shell takes it, and adds nothing twice")
  void dryRun() throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin/java").toString();
    Ended plain =
        Commands.run(
            folder,
            List.of(
                "sh",
                "-c",
                "\"$@\" < /dev/null",
                "no-terminal",
                java,
                "-jar",
                Commands.jar().toString(),
                "run",
                "--dry-run",
                "--image",
                "/an image",
                "-cp",
                "it's",
                "Main",
                "-h",
                "--image"));
    assertThat(plain.output())
        .isEqualTo(
            "setsid "
                + java
                + " -XX:+EnableDynamicAgentLoading '-Dcrac.image=/an image' -cp 'it'\\''s' Main -h"
                + " --image\n");
    Ended asking =
        Commands.run(
            folder, "run", "--dry-run", "-Dcrac.checkpoint-signal=SIGUSR1", "-cp", "x", "M");
    assertThat(asking.output())
        .startsWith("sh -c 'trap '\\'''\\'' USR1; exec \"$@\"' sh ")
        .endsWith(
            "bin/java -XX:+EnableDynamicAgentLoading -Dcrac.checkpoint-signal=SIGUSR1 -cp x M\n");
    Ended given =
        Commands.run(folder, "run", "--dry-run", "-XX:-EnableDynamicAgentLoading", "-cp", "x", "M");
    assertThat(given.output()).endsWith("bin/java -XX:-EnableDynamicAgentLoading -cp x M\n");
    Ended withCore =
        Commands.run(folder, "run", "--dry-run", "-cp", "lib/crac-core-1.jar:x.jar", "Main");
    assertThat(withCore.output())
        .contains(" -Dorg.crac.Core.Compat=dev.cracadapters.core.crac -cp ");
    Ended twice =
        Commands.run(folder, "run", "--image", "/i", "-Dcrac.image=/j", "-cp", "x", "Main");
    assertThat(twice.status()).isEqualTo(1);
    assertThat(twice.error()).contains("run: -Dcrac.image: it is given twice");
    assertThat(Commands.run(folder, "run").status()).isEqualTo(2);
  }

  @Test
  @DisplayName("like every other command explains itself, with its exit status")
  void help() throws Exception {
    for (String command : List.of("checkpoint", "inspect", "check", "run")) {
      Ended help = Commands.run(folder, command, "--help");
      assertThat(help.status()).isZero();
      assertThat(help.output()).startsWith("Usage: crac-criu " + command).contains("Exit status:");
    }
    Ended all = Commands.run(folder, "--help");
    assertThat(all.output()).contains("checkpoint", "inspect", "check", "run", "Exit status:");
    assertThat(Commands.run(folder, "--version").output()).matches("crac-criu \\d.*\n");
    assertThat(Files.exists(Commands.jar())).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | crac-criu: no command was named. There are checkpoint, check, inspect, run, doctor,"
            + " launcher; see crac-criu --help",
        "inform | crac-criu: Unmatched argument at index 0: 'inform'; see crac-criu --help",
        "doctor --all | doctor: Unknown option: '--all'; see crac-criu doctor --help",
        "run | run: Missing required parameter: 'JAVA ARGUMENT'; see crac-criu run --help",
        "checkpoint | checkpoint: Missing required parameter: 'PID'; see crac-criu checkpoint --help",
        "checkpoint me | checkpoint: Invalid value for positional parameter at index 0 (PID): 'me' is"
            + " not a long; see crac-criu checkpoint --help",
      })
  @DisplayName("like every other command says what is wrong with it in one line")
  void wrongUsage(String arguments, String line) throws Exception {
    Ended wrong = Commands.run(folder, arguments.isEmpty() ? new String[0] : arguments.split(" "));
    assertThat(wrong.status()).isEqualTo(2);
    assertThat(wrong.output()).isEmpty();
    assertThat(wrong.error()).isEqualTo(line + "\n");
  }
}
