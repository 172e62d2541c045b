/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("Threads that are always in locks, initializers, collections and random generators")
class HeldThreadsIT {

  private static final String BUSY = BusyThreads.class.getName();

  @TempDir Path folder;

  private RunningProcess busy(Path image) throws Exception {
    RunningProcess service = Services.command(image, "-Dseen=dump").start(folder, "service");
    service.awaitLine("ready");
    ask(service, "add 41", "sum=");
    ask(service, "call " + BUSY + " start", "called started");
    return service;
  }

  @Tag("essential")
  @Test
  @DisplayName(
      "are held over a dump and a restore, and see nothing of the checkpoint's environment")
  void restored() throws Exception {
    Path image = folder.resolve("image");
    try (RunningProcess service = busy(image)) {
      checkpoint(service);
    }
    try (RunningProcess one =
        new Image(image)
            .restore("-Dseen=restore")
            .environment("SEEN", "restore")
            .start(folder, "one")) {
      one.awaitLine("restored ");
      assertThat(ask(one, "add 1", "sum=")).isEqualTo("sum=42");
      assertThat(ask(one, "call " + BUSY + " seen", "called seen="))
          .isEqualTo("called seen=restore restore");
      assertThat(ask(one, "call " + BUSY + " hold", "called held="))
          .containsPattern("threads=([6-9]|1.),")
          .contains("whyNot=null");
      end(one);
    }
  }

  @RepeatedTest(5)
  @DisplayName("go on after each of many dumps that leave the process running")
  void leftRunning() throws Exception {
    Path image = folder.resolve("image");
    try (RunningProcess service = busy(image)) {
      service.send("image " + image);
      service.awaitLine("imaged");
      assertThat(ask(service, "call " + BUSY + " hold", "called held=")).contains("whyNot=null");
      assertThat(ask(service, "tick", "ticked")).isEqualTo("ticked true");
      end(service);
    }
  }
}
