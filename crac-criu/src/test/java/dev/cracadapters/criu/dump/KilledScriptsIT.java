/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where nobody is left who could tell the process, it sees so itself. */
@RequiresCriu
@Tag("soak")
@DisplayName("A checkpoint whose scripts are all killed")
class KilledScriptsIT {

  @TempDir Path folder;
  private Path image;
  private Path commands;

  @BeforeEach
  void anOlderImage() throws Exception {
    image = Services.checkpointed(folder).folder();
    commands = Files.createDirectory(folder.resolve("commands"));
  }

  private RunningProcess service() throws Exception {
    RunningProcess service =
        Services.command(image)
            .environment("PATH", commands + ":" + System.getenv("PATH"))
            .start(folder, "service");
    service.awaitLine("ready");
    ask(service, "add 7", "sum=7");
    return service;
  }

  /** A command that kills when it is called so, before or after its work. */
  private void command(String name, String when, String before, String after) throws Exception {
    Services.script(
        commands.resolve(name),
        "#!/bin/sh",
        "PATH=${PATH#*:}",
        when + " || exec " + name + " \"$@\"",
        before,
        name + " \"$@\"",
        after);
  }

  /** The sum with which the image comes back, which stays whole, and is the one for good. */
  private String restoredSum() throws Exception {
    String sum;
    try (RunningProcess service = restored(new Image(image), folder, "restored")) {
      sum = ask(service, "add 1", "sum=");
      checkpoint(service);
    }
    assertThat(Services.names(image)).isEqualTo(Image.NAMES);
    Services.assertNothingLeft(folder);
    return sum;
  }

  /** The guard first, which would take over from the script before it is killed itself. */
  private static String killGuardAndScript() {
    return "read -r script guard < scripts; kill -KILL $guard $script";
  }

  /** It calls mv when it decides, by the second one the image is the new one. */
  @ParameterizedTest(name = "it calls mv for the {0}. time")
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  @DisplayName("lets the service go on, which is told, and loses no image, when")
  void atTheMove(int turn) throws Exception {
    Path count = folder.resolve("count");
    command(
        "mv",
        "{ echo >> '%s' && [ $(wc -l < '%s') -eq %d ]; }".formatted(count, count, turn),
        killGuardAndScript(),
        "");
    try (RunningProcess service = service()) {
      service.send("checkpoint");
      Optional<String> answer = service.awaitLineOrExit("refused");
      assertThat(answer).as(service.told()).isPresent();
      assertThat(answer.get()).contains("the dump script and its guard were killed");
      assertThat(ask(service, "add 1", "sum=8")).isEqualTo("sum=8");
      end(service);
    }
    Files.delete(commands.resolve("mv"));
    assertThat(restoredSum()).isEqualTo(turn == 1 ? "sum=42" : "sum=8");
  }

  /** A service that is late first looks for them when both are there already. */
  @ParameterizedTest(name = "the service is late: {0}")
  @ValueSource(booleans = {false, true})
  @DisplayName("lets the service go on, which is told, when their folder is just gone")
  void whenTheirFolderIsGone(boolean late) throws Exception {
    if (late) {
      command(
          "mkfifo",
          "true",
          ". ./values.sh; kill -STOP $pid",
          "{ until [ -s scripts ]; do sleep 0.01; done; kill -CONT $pid; } &");
    }
    command(
        "rm",
        "case $*-$(cat scripts 2> /dev/null) in *.new-*-[0-9]*) ;; *) false ;; esac",
        "read -r script guard < scripts",
        "kill -KILL $guard $script");
    try (RunningProcess service = service()) {
      assertThat(ask(service, "checkpoint", "refused"))
          .contains("the dump script and its guard were killed");
      assertThat(ask(service, "add 1", "sum=8")).isEqualTo("sum=8");
      end(service);
    }
    assertThat(restoredSum()).isEqualTo("sum=8");
  }

  @Test
  @DisplayName("lets the service go on, which is told, when there is no guard yet")
  void beforeThereIsAGuard() throws Exception {
    command("mkfifo", "true", "kill -KILL $PPID", "");
    try (RunningProcess service = service()) {
      assertThat(ask(service, "checkpoint", "refused")).contains("the dump script was killed");
      assertThat(ask(service, "add 1", "sum=8")).isEqualTo("sum=8");
      end(service);
    }
    assertThat(restoredSum()).isEqualTo("sum=42");
  }

  /** Its guard finds no folder, and yet the image is there. */
  @ParameterizedTest(name = "leave-running {0}")
  @ValueSource(booleans = {false, true})
  @DisplayName(
      "but for the guard ends the process, or lets it go on, when their folder is just gone")
  void guardWithoutAFolder(boolean leaveRunning) throws Exception {
    command(
        "rm",
        "case $*-$(cat scripts 2> /dev/null) in *.new-*-[0-9]*) ;; *) false ;; esac",
        "read -r script guard < scripts",
        "kill -KILL $script");
    try (RunningProcess service = service()) {
      if (leaveRunning) {
        assertThat(ask(service, "image " + image, "imaged")).contains("image=" + image);
        assertThat(ask(service, "add 1", "sum=8")).isEqualTo("sum=8");
        end(service);
      } else {
        checkpoint(service);
      }
    }
    assertThat(restoredSum()).isEqualTo("sum=8");
  }
}
