/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** There is an older image, which nothing that fails may harm. */
@Tag("soak")
@RequiresCriu
@DisplayName("The trial of a new image by a restore")
class TrialRestoreIT {

  @TempDir Path folder;
  private Path image;
  private Path commands;
  private Set<String> before;

  @BeforeEach
  void anOlderImage() throws Exception {
    image = Services.checkpointed(folder).folder();
    commands = Files.createDirectory(folder.resolve("commands"));
    before = temporary();
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
    assertThat(temporary()).isEqualTo(before);
    assertThat(Services.names(image)).isEqualTo(Image.NAMES);
  }

  /** What the processes of this test, which all have ended by now, could have left there. */
  private static Set<String> temporary() throws Exception {
    Set<String> names = new TreeSet<>(Services.names(Path.of("/tmp")));
    names.removeIf(name -> !name.startsWith(".java_pid") && !name.startsWith("crac-"));
    for (String one : Services.names(Path.of("/tmp"))) {
      if (one.startsWith("hsperfdata_")) {
        names.addAll(Services.names(Path.of("/tmp", one)));
      }
    }
    names.removeIf(name -> name.matches("\\d+")); // those of JVMs
    return names;
  }

  private JvmCommand service(String verify) {
    return Services.command(image, "-Dcrac.verify=" + verify)
        .environment("TMPDIR", folder.toString())
        .environment("PATH", commands + ":" + System.getenv("PATH"));
  }

  private RunningProcess started(JvmCommand service) throws Exception {
    RunningProcess started = service.start(folder, "service");
    started.awaitLine("ready");
    ask(started, "add 7", "sum=7");
    return started;
  }

  /** A criu whose restores do something else, or after something else. */
  private Path criuThatRestoresBy(String... lines) throws Exception {
    return Services.script(
        commands.resolve("criu"),
        "#!/bin/sh",
        "if [ \"$1\" = restore ]; then",
        String.join("\n", lines),
        "fi",
        "exec '" + WorkingCriu.here().path() + "' \"$@\"");
  }

  private void goesOn(RunningProcess service) throws Exception {
    ask(service, "add 1", "sum=8");
    assertThat(ask(service, "tick", "ticked")).isEqualTo("ticked true");
    assertThat(ask(service, "state", "state")).contains("calls=[-high, -low, +low, +high]");
    end(service);
  }

  private void restoresWith(String sum) throws Exception {
    try (RunningProcess service = restored(new Image(image), folder, "restored")) {
      assertThat(ask(service, "add 1", "sum=")).isEqualTo(sum);
      end(service);
    }
  }

  @Test
  @Tag("essential")
  @DisplayName("lets a good one take its place, says how long it took, and has no trace")
  void good() throws Exception {
    try (RunningProcess service = started(service("auto"))) {
      checkpoint(service);
      assertThat(service.error())
          .containsPattern("checksums \\d+ ms, trial [1-9]\\d* ms, disk \\d+ ms")
          .doesNotContain("not tried");
      assertThat(service.output()).doesNotContain("restored");
    }
    assertThat(Files.readString(image.resolve("manifest.json")))
        .containsPattern("\"checksums\": \\d+, \"trial\": [1-9]\\d*}");
    restoresWith("sum=8");
  }

  @Test
  @Tag("essential")
  @DisplayName("refuses one that CRIU cannot restore, in CRIU's words, and the process serves on")
  void criuFails() throws Exception {
    Path criu = criuThatRestoresBy("echo 'Error (criu/made-up.c:1): Out of luck' >&2; exit 1");
    try (RunningProcess service = started(service("auto").property("crac.criu", criu))) {
      assertThat(ask(service, "checkpoint", "refused"))
          .contains("the image cannot be restored, as its trial has shown: ")
          .contains("Error (criu/made-up.c:1): Out of luck")
          .contains("crac.verify=off");
      goesOn(service);
    }
    restoresWith("sum=42");
  }
}
