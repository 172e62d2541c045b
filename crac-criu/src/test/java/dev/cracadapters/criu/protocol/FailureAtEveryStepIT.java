/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.fault.FaultyEngine;
import dev.cracadapters.criu.testing.fault.FaultyService;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("soak")
@RequiresCriu
@DisplayName("Whatever is thrown at whichever step of the engine")
class FailureAtEveryStepIT {

  @TempDir Path folder;

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  private RunningProcess service() throws Exception {
    Path services = folder.resolve("services/META-INF/services");
    Files.createDirectories(services);
    Files.writeString(
        services.resolve("dev.cracadapters.core.engine.CheckpointEngine"),
        FaultyEngine.class.getName());
    Path policies = folder.resolve("policies");
    Files.writeString(policies, "type: socket\nlistening: true\naction: reopen\nwarn: false\n");
    Path image = Files.createDirectories(folder.resolve("image"));
    RunningProcess service =
        JvmCommand.ofMainClass(FaultyService.class.getName())
            .without("logback")
            .with(folder.resolve("services"))
            .options("-Xmx64m", "-XX:+UseSerialGC", "-Dcrac.engine=" + FaultyEngine.NAME)
            .property("crac.resource-policies", policies)
            .image(image)
            .arguments(image.toString(), folder.resolve("plan").toString())
            .start(folder, "service");
    service.awaitLine("ready");
    return service;
  }

  @Test
  @DisplayName("the process serves on, with nothing left of the checkpoint")
  void original() throws Exception {
    try (RunningProcess service = service()) {
      service.send("each");
      Optional<String> said = Optional.empty();
      for (int turn = 0; turn < 40 && said.isEmpty() && service.isAlive(); turn++) {
        try {
          said = service.awaitLineOrExit("steps ");
        } catch (AssertionError e) {
          continue; // it is at work
        }
      }
      assertThat(said).as(service.told()).isPresent();
      assertThat(said.get()).as(service.told()).matches("steps \\d{3,}");
      service.send("exit");
      assertThat(service.awaitExit()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"EXCEPTION", "ERROR"})
  @DisplayName("a restored process ends with the reason, or is back as one that was restored")
  void restored(String kind) throws Exception {
    try (RunningProcess service = service()) {
      service.send("checkpoint");
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(137);
    }
    Image image = new Image(folder.resolve("image"));
    int ended = 0;
    for (int step = 1; step < 300; step++) {
      Files.writeString(folder.resolve("plan"), step + " " + kind);
      try (RunningProcess restore = image.restore().start(folder, "restore" + step)) {
        Optional<String> said = restore.awaitLineOrExit("restored ");
        if (said.isEmpty()) {
          assertThat(restore.awaitExit()).as(step + restore.told()).isEqualTo(125);
          assertThat(restore.error())
              .as(step + restore.told())
              .containsAnyOf("the process cannot go on here: ", "ended before it was back");
          ended++;
          continue;
        }
        assertThat(said.get())
            .as(step + restore.told())
            .contains("info=true")
            .doesNotContain("deaf")
            .doesNotContain("refused")
            .doesNotContain("flag=0");
        restore.send("exit");
        assertThat(restore.awaitExit()).as(restore.told()).isZero();
        if (said.get().endsWith(" steps")) {
          break;
        }
      }
    }
    assertThat(ended).isGreaterThan(5);
  }
}
