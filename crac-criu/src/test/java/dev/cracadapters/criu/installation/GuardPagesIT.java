/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With what {@code tools/jdk 26} and {@code tools/criu --version 4.1.1} have brought. */
@Tag("soak")
@RequiresCriu
@DisplayName("A JVM whose C library makes guard pages")
class GuardPagesIT {

  private static final Path TOOLS = Path.of(System.getProperty("crac.tools", "tools"));
  private static final Path JDK = TOOLS.resolve(".jdk/26/jdk");
  private static final Path OLD_CRIU = TOOLS.resolve(".criu/trixie/bin/criu");

  @TempDir Path folder;

  @BeforeEach
  void onlyWithGuardPages() {
    assumeTrue(Files.exists(JDK), "tools/jdk 26 was not run");
    assumeTrue(Files.exists(OLD_CRIU), "tools/criu --version 4.1.1 was not run");
    assumeFalse(GuardPages.isBefore(System.getProperty("os.version"), "6.13"), "an older kernel");
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  @Test
  @DisplayName(
      "is refused before anything is stopped where CRIU is older than 4.2, and dumped by others")
  void refused() throws Exception {
    Path image = folder.resolve("image");
    try (RunningProcess service =
        Services.command(image)
            .javaHome(JDK)
            .property("crac.criu", OLD_CRIU)
            .start(folder, "service")) {
      service.awaitLine("ready");
      assertThat(ask(service, "checkpoint", "refused"))
          .contains(
              "CRIU: " + OLD_CRIU + " is CRIU 4.1.1, which cannot dump the guard pages of this JVM")
          .containsPattern("C library 2\\.\\d\\d, kernel ")
          .contains("Install CRIU 4.2 or newer");
      assertThat(ask(service, "state", "state")).contains("calls=[]");
      end(service);
    }
    assertThat(image).doesNotExist();
  }

  @Test
  @DisplayName("is dumped by CRIU 4.2")
  void dumped() throws Exception {
    CriuCommand criu = CriuCommand.at(WorkingCriu.here().path());
    assumeFalse(GuardPages.isBefore(criu.version(), "4.2"), "CRIU " + criu.version());
    Path image = folder.resolve("image");
    try (RunningProcess service = Services.command(image).javaHome(JDK).start(folder, "service")) {
      service.awaitLine("ready");
      checkpoint(service);
    }
    try (RunningProcess service = Services.restored(new Image(image), folder, "restored")) {
      end(service);
    }
  }

  @Test
  @DisplayName("is told so by doctor")
  void doctor() throws Exception {
    List<String> words =
        List.of(
            JDK.resolve("bin/java").toString(),
            "-jar",
            System.getProperty("crac.command.jar"),
            "doctor",
            "--criu",
            OLD_CRIU.toString());
    try (RunningProcess doctor = RunningProcess.start(words, Map.of(), folder, "doctor")) {
      assertThat(doctor.awaitExit()).as(doctor.told()).isEqualTo(1);
      assertThat(doctor.output())
          .contains("is CRIU 4.1.1, which cannot dump the guard pages of this JVM's threads")
          .contains("Install CRIU 4.2 or newer");
    }
  }
}
