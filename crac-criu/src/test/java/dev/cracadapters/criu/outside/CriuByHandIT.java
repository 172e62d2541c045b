/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.outside;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RequiresCriu
@Tag("soak")
@DisplayName("A service that CRIU is started against by hand")
class CriuByHandIT {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir Path folder;
  private Path run;
  private Path images;

  @BeforeEach
  void folders() throws IOException {
    run = Files.createDirectory(folder.resolve("run"));
    images = Files.createDirectory(folder.resolve("images"));
  }

  /**
   * Without standard streams, and without a file of performance counters that clones would share.
   */
  private RunningProcess service(String... options) throws IOException {
    List<String> command =
        new ArrayList<>(List.of("sh", "-c", "exec \"$@\" < /dev/null > /dev/null 2>&1", "sh"));
    command.addAll(
        JvmCommand.ofMainClass(OutsideService.class.getName())
            .without("logback")
            .options("-Xmx128m", "-XX:-UsePerfData")
            .property("crac.engine", "pause")
            .property("crac.pause", "external")
            .property("crac.pause.timeout", "120s")
            .property("crac.pause.ready-file", run.resolve("ready"))
            .options(options)
            .arguments(run.resolve("door").toString())
            .words());
    return RunningProcess.start(command, Map.of(), folder, "service");
  }

  private String goFile() {
    return "-Dcrac.pause.go-file=" + run.resolve("go");
  }

  private void dump(long pid, String... options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(WorkingCriu.here().path().toString());
    command.addAll(List.of("dump", "--tree", "" + pid, "--images-dir", images.toString()));
    command.addAll(List.of("--log-file", "dump.log"));
    command.addAll(List.of(options));
    Door.run(folder, "dump", command);
  }

  /** In PID and mount namespaces of its own, with another folder in the place of the first one. */
  private RunningProcess restore(String name, long pid, String... signal) throws IOException {
    Path own = Files.createDirectory(folder.resolve(name));
    Files.copy(run.resolve("ready"), own.resolve("ready"));
    String script =
        """
        mount --bind "$1" "$2" &&
        "$3" restore --restore-detached --images-dir "$4" --log-file "$1.log" > /dev/null 2>&1 &&
        if [ "$6" = signal ]; then kill -s CONT "$5"; fi
        while kill -s 0 "$5"; do sleep 0.05; done
        """;
    List<String> command = new ArrayList<>();
    command.addAll(List.of("unshare", "--pid", "--mount", "--fork", "--mount-proc"));
    command.addAll(List.of("--kill-child", "setsid", "sh", "-c", script, "sh"));
    command.addAll(List.of(own.toString(), run.toString()));
    command.addAll(List.of(WorkingCriu.here().path().toString(), images.toString()));
    command.add("" + pid);
    command.addAll(List.of(signal));
    return RunningProcess.start(command, Map.of(), folder, name);
  }

  private Door door(String name) {
    return new Door(folder.resolve(name));
  }

  private void assertBack(String name, RunningProcess process) throws Exception {
    assertThat(door(name).ask("state", () -> circumstances(name, process)))
        .as(process.told())
        .isEqualTo(Door.ONCE_MORE);
    boolean gone = Deadline.after(LIMIT).await(() -> !door(name).isReady());
    assertThat(gone).as("the ready file is gone").isTrue();
  }

  /** What CRIU logged last, and what runs below the script. */
  private String circumstances(String name, RunningProcess process) {
    Path log = folder.resolve(name + ".log");
    try {
      List<String> lines = Files.exists(log) ? Files.readAllLines(log) : List.of("no log");
      return "%s%n--- processes below: %s%n--- CRIU logged last%n%s"
          .formatted(
              process.told(),
              process.below(),
              String.join("\n", lines.subList(Math.max(0, lines.size() - 40), lines.size())));
    } catch (IOException e) {
      return process.told() + e;
    }
  }

  @Test
  @DisplayName("goes on serving by a signal, and knows that it was not restored")
  void goesOn() throws Exception {
    Door door = door("run");
    try (RunningProcess service = service(goFile())) {
      door.bringDown();
      assertThat(door.pid()).isEqualTo(service.pid());
      dump(service.pid(), "--leave-running");
      service.signal("CONT");
      assertBack("run", service);
      assertThat(door.ask("instance")).isEqualTo("none");
      assertThat(door.ask("add 1")).isEqualTo("sum=42");
    }
  }

  @Test
  @DisplayName("is restored twice side by side, one told by a go file, one by a signal")
  void twice() throws Exception {
    long pid;
    try (RunningProcess service = service(goFile())) {
      door("run").bringDown();
      pid = service.pid();
      dump(pid);
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(137);
    }
    try (RunningProcess first = restore("first", pid);
        RunningProcess second = restore("second", pid, "signal")) {
      door("first").go("CRAC_INSTANCE_ID=number one", "PORT=8081", "CRAC_ARGUMENT=--one");
      assertBack("first", first);
      assertBack("second", second);
      assertThat(door("first").ask("instance")).isEqualTo("number one");
      assertThat(door("first").ask("environment PORT")).isEqualTo("8081");
      assertThat(door("first").ask("arguments")).isEqualTo("[--one]");
      assertThat(door("second").ask("instance")).hasSize(36);
      assertThat(door("second").ask("environment PATH")).isEqualTo(System.getenv("PATH"));
      assertThat(door("first").ask("add 1")).isEqualTo("sum=42");
      assertThat(door("second").ask("add 2")).isEqualTo("sum=43");
    }
  }

  @Test
  @DisplayName("sees by itself that it was restored, where it was given no go file")
  @Tag("essential")
  void byItself() throws Exception {
    long pid;
    try (RunningProcess service = service()) {
      door("run").bringDown();
      pid = service.pid();
      dump(pid);
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(137);
    }
    try (RunningProcess first = restore("first", pid);
        RunningProcess second = restore("second", pid)) {
      assertBack("first", first);
      assertBack("second", second);
      assertThat(
              Stream.of(door("first").ask("instance"), door("second").ask("instance")).distinct())
          .hasSize(2)
          .allSatisfy(instance -> assertThat(instance).hasSize(36));
    }
  }
}
