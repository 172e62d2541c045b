/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@RequiresCriu
@Tag("soak")
@DisplayName("A checkpoint in which kill -9 ends")
class KilledCheckpointIT {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir Path folder;
  private Path image;
  private Path commands;

  /** An older image, which nothing that fails may harm. */
  @BeforeEach
  void anOlderImage() throws Exception {
    image = Services.checkpointed(folder).folder();
    commands = Files.createDirectory(folder.resolve("commands"));
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
    assertThat(Services.names(image)).isEqualTo(Image.NAMES);
  }

  private RunningProcess service(Path criu) throws Exception {
    // Its commands come before the machine's: the dump script takes cksum, mv and so on from there.
    RunningProcess service =
        Services.command(image)
            .property("crac.criu", criu)
            // Where it crashes: a report may hang in each of its steps, and takes up to 120 s then.
            .options("-XX:ErrorLogTimeout=8")
            .environment("PATH", commands + ":" + System.getenv("PATH"))
            .start(folder, "service");
    service.awaitLine("ready");
    ask(service, "add 7", "sum=7");
    return service;
  }

  /** The real CRIU, and what is done to a dump while it works. */
  private Path criu(String... meanwhile) throws Exception {
    return Services.script(
        commands.resolve("criu"),
        "#!/bin/sh",
        "[ \"$1\" = dump ] || exec '" + WorkingCriu.here().path() + "' \"$@\"",
        "target=$3", // dump --tree PID
        "'" + WorkingCriu.here().path() + "' \"$@\" &",
        "criu=$!",
        String.join("\n", meanwhile),
        "wait $criu",
        "exit $?");
  }

  private static String whenThereIs(String file) {
    return "while set -- " + file + " && [ ! -e \"$1\" ] && kill -0 $criu 2> /dev/null; do :; done";
  }

  private void theOlderImageRestores() throws Exception {
    try (RunningProcess older = restored(new Image(image), folder, "older")) {
      assertThat(ask(older, "add 1", "sum=")).isEqualTo("sum=42");
      end(older);
    }
  }

  /** Ends CRIU where its own action scripts run: there nothing of CRIU runs inside the JVM. */
  private Path criuEndedAt(String stage, String... condition) throws Exception {
    Path hook =
        Services.script(
            commands.resolve("hook"),
            "#!/bin/sh",
            "[ \"$CRTOOLS_SCRIPT_ACTION\" != " + stage + " ] || {",
            String.join("\n", condition),
            "  kill -KILL $PPID",
            "}");
    return Services.script(
        commands.resolve("criu"),
        "#!/bin/sh",
        "real='" + WorkingCriu.here().path() + "'",
        "[ \"$1\" = dump ] || exec \"$real\" \"$@\"",
        "[ " + stage + " != start ] || kill -KILL $$",
        "exec \"$real\" \"$@\" --action-script '" + hook + "'");
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"start", "pre-dump", "post-dump"})
  @DisplayName("CRIU leaves the service serving and the older image as it was, at its")
  void criu(String stage) throws Exception {
    try (RunningProcess service = service(criuEndedAt(stage))) {
      assertThat(ask(service, "checkpoint", "refused")).contains("killed (exit status 137)");
      assertThat(ask(service, "add 1", "sum=8")).isEqualTo("sum=8");
      assertThat(ask(service, "tick", "ticked")).isEqualTo("ticked true");
      assertThat(ask(service, "state", "state"))
          .contains("own=8", "calls=[-high, -low, +low, +high]");
      end(service);
    }
    theOlderImageRestores();
  }

  @Test
  @DisplayName("CRIU leaves everything as it was, when it was only asked whether it works")
  @Tag("essential")
  void check() throws Exception {
    Path criu = Services.script(commands.resolve("criu"), "#!/bin/sh", "kill -KILL $$");
    try (RunningProcess service = service(criu)) {
      assertThat(ask(service, "checkpoint", "refused")).contains(criu + " does not work on kernel");
      assertThat(ask(service, "add 1", "sum=8")).isEqualTo("sum=8");
      assertThat(ask(service, "state", "state")).contains("calls=[]");
      end(service);
    }
    theOlderImageRestores();
  }

  /** As where it was finding out about the kernel, which it does by processes of its own. */
  @Test
  @DisplayName("CRIU alone was killed, and what it had started is ended")
  @Tag("essential")
  void childOfCriu() throws Exception {
    Path pid = folder.resolve("child");
    Path criu = Services.criuThatLeavesAChild(commands, "dump", pid);
    try (RunningProcess service = service(criu)) {
      assertThat(ask(service, "checkpoint", "refused")).contains("killed (exit status 137)");
      assertThat(ask(service, "add 1", "sum=8")).isEqualTo("sum=8");
      end(service);
    }
    long child = Long.parseLong(Files.readString(pid).strip());
    assertThat(Services.lives(child)).isFalse();
    theOlderImageRestores();
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"pre-dump", "post-dump"})
  @DisplayName("CRIU does not keep the next one from its work, when it was at its")
  void again(String stage) throws Exception {
    Path once = folder.resolve("once");
    Path criu = criuEndedAt(stage, "  [ -e '" + once + "' ] && exit", "  true > '" + once + "'");
    try (RunningProcess service = service(criu)) {
      assertThat(ask(service, "checkpoint", "refused")).contains("killed (exit status 137)");
      checkpoint(service);
    }
    try (RunningProcess newer = restored(new Image(image), folder, "newer")) {
      assertThat(ask(newer, "add 1", "sum=")).isEqualTo("sum=8");
      end(newer);
    }
  }

  @ParameterizedTest(name = "{0} is there")
  @ValueSource(
      strings = {
        "dump.log",
        "criu/seccomp.img",
        "criu/pagemap-*.img",
        "criu/core-*.img",
        "criu/mm-*.img"
      })
  @DisplayName(
      "CRIU, its code inside the JVM, leaves the service serving or ends it, but frozen never,"
          + " when")
  void criuInside(String file) throws Exception {
    Path killed = criu(whenThereIs(file), "kill -KILL $criu");
    try (RunningProcess service = service(killed)) {
      service.send("checkpoint");
      Optional<String> answer = service.awaitLineOrExit("refused");
      if (answer.isEmpty()) {
        // A thread that met the end of CRIU's code without CRIU: SIGTRAP, or a memory fault. Or
        // CRIU
        // was through before it was ended.
        assertThat(service.awaitExit())
            .as(service.told())
            .isIn(128 + 5, 128 + 6, 128 + 9, 128 + 11);
        awaitTheEndOfTheDump();
      } else {
        // The second where it was through with the JVM by then, and only held it.
        assertThat(answer.get())
            .containsAnyOf(
                "killed (exit status 137)", "was killed while the image was being completed");
        assertThat(ask(service, "add 1", "sum=8")).isEqualTo("sum=8");
        end(service);
      }
    }
    theOlderImageOrTheWholeNewOne();
  }

  @ParameterizedTest(name = "{0} is there")
  @ValueSource(
      strings = {
        "dump.log",
        "criu/seccomp.img",
        "criu/pagemap-*.img",
        "criu/core-*.img",
        "criu/pstree.img"
      })
  @DisplayName("the JVM leaves the older image and nothing else, when")
  void jvmDuringTheDump(String file) throws Exception {
    Path criu = criu(whenThereIs(file), "kill -KILL $target");
    try (RunningProcess service = service(criu)) {
      service.send("checkpoint");
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(137);
    }
    awaitTheEndOfTheDump();
    theOlderImageOrTheWholeNewOne();
  }

  @ParameterizedTest(name = "{0} runs")
  @ValueSource(strings = {"mkfifo", "cksum", "awk", "sync", "mv"})
  @DisplayName("the JVM leaves one whole image, the older or the newer one, when")
  void jvmAroundTheDump(String command) throws Exception {
    Services.script(
        commands.resolve(command),
        "#!/bin/sh",
        "kill -KILL \"$(sed -n \"s/^pid='\\{0,1\\}\\([0-9]*\\).*/\\1/p\" values.sh ../values.sh 2>"
            + " /dev/null)\"",
        "PATH=${PATH#*:}",
        "exec " + command + " \"$@\"");
    try (RunningProcess service = service(WorkingCriu.here().path())) {
      service.send("checkpoint");
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(137);
    }
    awaitTheEndOfTheDump();
    theOlderImageOrTheWholeNewOne();
  }

  /** It calls mv when it decides, and for the script and each part of the image. */
  @ParameterizedTest(name = "it calls mv for the {0}. time")
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  @DisplayName("the dump script loses neither image, and no state, when")
  void dumpScript(int turn) throws Exception {
    killAtTheMove(turn, "kill -KILL $PPID");
    try (RunningProcess service = service(WorkingCriu.here().path())) {
      service.send("checkpoint");
      Optional<String> answer = service.awaitLineOrExit("refused");
      String expected = "sum=8";
      if (answer.isPresent()) {
        assertThat(answer.get()).contains("the dump script was killed");
        assertThat(ask(service, "add 1", "sum=8")).isEqualTo("sum=8");
        end(service);
        expected = "sum=42";
      } else {
        assertThat(service.awaitExit()).as(service.told()).isEqualTo(137);
      }
      awaitTheEndOfTheDump();
      try (RunningProcess restored = restored(new Image(image), folder, "restored")) {
        assertThat(ask(restored, "add 1", "sum=")).isEqualTo(expected);
        end(restored);
      }
    }
  }

  @ParameterizedTest(name = "it calls mv for the {0}. time")
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  @DisplayName("the dump script, its guard, CRIU and the JVM together leaves one whole image, when")
  void everything(int turn) throws Exception {
    killAtTheMove(
        turn,
        "for one in /proc/[0-9]*; do",
        "  case ${one#/proc/} in $$) continue ;; esac",
        "  words=$(tr '\\000' ' ' < $one/cmdline)",
        "  case $words in",
        "    *\"$PWD\"*) all=\"$all ${one#/proc/}\" ;;",
        "  esac",
        "done 2> /dev/null",
        "kill -KILL $all $(cat criu.pid)");
    try (RunningProcess service = service(criu("", "echo $criu $$ $target > \"$PWD/criu.pid\""))) {
      service.send("checkpoint");
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(137);
    }
    theOlderImageOrTheWholeNewOne();
    // What is left was no image's, and goes with the next checkpoint.
    Files.delete(commands.resolve("mv"));
    try (RunningProcess service = restored(new Image(image), folder, "last")) {
      checkpoint(service);
    }
  }

  private void killAtTheMove(int turn, String... kill) throws Exception {
    Path count = folder.resolve("count");
    Files.deleteIfExists(count);
    Services.script(
        commands.resolve("mv"),
        "#!/bin/sh",
        "PATH=${PATH#*:}",
        "echo >> '" + count + "'",
        "if [ $(wc -l < '" + count + "') -eq " + turn + " ]; then",
        String.join("\n", kill),
        "fi",
        "exec mv \"$@\"");
  }

  private void awaitTheEndOfTheDump() throws Exception {
    assertThat(
            Deadline.after(LIMIT)
                .await(
                    () -> {
                      try {
                        return Services.names(image).stream().noneMatch(one -> one.startsWith("."));
                      } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                      }
                    }))
        .as(Services.names(image).toString())
        .isTrue();
  }

  private void theOlderImageOrTheWholeNewOne() throws Exception {
    try (RunningProcess check =
        RunningProcess.start(
            List.of(image.resolve("restore").toString(), "--check"),
            java.util.Map.of(),
            folder,
            "check")) {
      assertThat(check.awaitExit()).as(check.told()).isZero();
    }
    try (RunningProcess service = restored(new Image(image), folder, "one")) {
      assertThat(ask(service, "add 1", "sum=")).isIn("sum=42", "sum=8");
      end(service);
    }
  }
}
