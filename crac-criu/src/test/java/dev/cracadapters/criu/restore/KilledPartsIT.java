/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.names;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.Processes;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
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
@DisplayName("A restore of which kill -9 ends a part")
class KilledPartsIT {

  @TempDir Path folder;
  private Image image;
  private Set<String> before;

  @BeforeEach
  void anImage() throws Exception {
    before = shared();
    image = Services.checkpointed(folder);
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
    try (RunningProcess next = restored(image, folder, "next")) {
      assertThat(ask(next, "add 1", "sum=")).isEqualTo("sum=42");
      end(next);
    }
    assertThat(before).containsAll(shared());
  }

  private static Set<String> shared() throws Exception {
    return names(Path.of("/tmp")).stream()
        .filter(name -> name.startsWith(".java_pid") || name.startsWith("crac-"))
        .collect(Collectors.toSet());
  }

  /** The outer script's end is to be the clone's, which it cannot be before that is arranged. */
  @Test
  @DisplayName(
      "ends with the outer script of a clone, also when what is inside is not yet tied to it")
  void outerScriptAtOnce() throws Exception {
    Path commands = Files.createDirectory(folder.resolve("commands"));
    Services.script(
        commands.resolve("setpriv"),
        "#!/bin/sh",
        "kill -KILL $PPID",
        "PATH=${PATH#*:}",
        "exec setpriv \"$@\"");
    try (RunningProcess clone =
        image
            .restore("--clone")
            .environment("PATH", commands + ":" + System.getenv("PATH"))
            .start(folder, "clone")) {
      assertThat(clone.awaitExit()).as(clone.told()).isEqualTo(137);
      Services.assertNothingLeft(folder);
      assertThat(clone.output()).doesNotContain("restored ");
    }
  }

  @Test
  @DisplayName("ends with the inner script of a clone, and with 137")
  void innerScript() throws Exception {
    try (RunningProcess clone = restored(image, folder, "clone", "--clone")) {
      long inner =
          Processes.now()
              .first(one -> one.runs(image.folder().resolve("restore"), "--inside"))
              .get(0);
      RunningProcess.signal("KILL", inner);
      assertThat(clone.awaitExit()).as(clone.told()).isEqualTo(137);
      assertThat(clone.error()).contains("restore: the script inside the clone was killed");
    }
  }

  /** What sees that a process ends before it is back in service: a loop, and what it repeats. */
  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"children", "grandchildren"})
  @DisplayName("notices the end of the process, without its watch, which is among the script's")
  void watch(String generation) throws Exception {
    String[] kill = {
      "set -- $(cat /proc/$script/task/$script/children)",
      "watch=$2", // the first one is what runs CRIU
      "[ " + generation + " = children ] || watch=$(cat /proc/$2/task/$2/children)",
      "kill -KILL $watch " + image.pid()
    };
    try (RunningProcess killed = restore("post-resume", kill)) {
      assertThat(killed.awaitExit()).as(killed.told()).isIn(125, 137);
      assertThat(killed.error()).contains("restore: ");
    }
  }

  @Test
  @DisplayName("ends as the process ended, where somebody has stopped the process's parent")
  void stoppedParent() throws Exception {
    try (RunningProcess service = restored(image, folder, "service")) {
      for (long one : service.below()) {
        if (Files.readString(Path.of("/proc", Long.toString(one), "cmdline"))
            .contains("crac-parent")) {
          RunningProcess.signal("STOP", one);
        }
      }
      service.send("exit 7");
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(7);
    }
  }

  @Test
  @DisplayName("ends a CRIU that hangs when the script was killed, after the restore's time limit")
  void scriptOfHangingCriu() throws Exception {
    image.edit(text -> text.replaceFirst("limit_seconds='?60'?", "limit_seconds=3"));
    try (RunningProcess killed = restore("post-restore", "kill -KILL $script; kill -STOP $PPID")) {
      assertThat(killed.awaitExit()).as(killed.told()).isEqualTo(137);
    }
  }

  /** A restore in which something is done when the script's watch is there. */
  private RunningProcess restore(String stage, String... then) throws Exception {
    Path script = folder.resolve("pid");
    Path hook =
        Services.script(
            folder.resolve("hook"),
            "#!/bin/sh",
            "[ \"$CRTOOLS_SCRIPT_ACTION\" = " + stage + " ] || exit 0",
            "script=$(cat '" + script + "') turns=0",
            "until [ $(cat /proc/$script/task/$script/children | wc -w) -eq 2 ] ||",
            "  [ $turns -gt 999 ]; do",
            "  sleep 0.01",
            "  turns=$((turns + 1))",
            "done",
            String.join("\n", then));
    Path criu =
        Services.script(
            folder.resolve("criu"),
            "#!/bin/sh",
            "shift",
            "exec '%s' restore --action-script '%s' \"$@\""
                .formatted(WorkingCriu.here().path(), hook));
    return image
        .restore()
        .environment("CRAC_CRIU", criu.toString())
        .by("sh", "-c", "echo $$ > '" + script + "'; exec \"$@\"", "caller")
        .start(folder, "killed");
  }

  /** There wait(1) may lose the status of what ends just when the signal comes. */
  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"dash", "bash"})
  @DisplayName("takes a TERM for nothing but a TERM, when it comes while counters are copied by")
  void term(String shell) throws Exception {
    Path commands = Files.createDirectory(folder.resolve("commands"));
    Services.script(
        commands.resolve("cat"),
        "#!/bin/sh",
        "PATH=${PATH#*:}",
        "case $1 in */perfdata) cat \"$@\"; kill -TERM $PPID ;; *) exec cat \"$@\" ;; esac");
    String caller =
        "mount --bind \"$(command -v " + shell + ")\" \"$(readlink -f /bin/sh)\" && exec \"$@\"";
    try (RunningProcess service =
        image
            .restore()
            .environment("PATH", commands + ":" + System.getenv("PATH"))
            .by("unshare", "--mount", "bash", "-c", caller, "caller")
            .start(folder, "service")) {
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(143);
      assertThat(service.output()).contains("shutdown hook");
      assertThat(service.error()).isEmpty();
    }
  }
}
