/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.environment;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("Where the JDK keeps its environment variables closed")
class ClosedEnvironmentIT {

  /** All that the service needs, without jdk.unsupported. */
  private static final String[] CLOSED = {
    "--limit-modules", "java.base,java.management,jdk.management,java.naming,java.xml"
  };

  @TempDir Path folder;

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  private Image checkpointed(String... options) throws Exception {
    Path target = folder.resolve("image");
    JvmCommand command =
        JvmCommand.ofMainClass(EnvironmentService.class.getName())
            .options("-Xmx256m")
            .options(options)
            .image(target)
            .environment("GIVEN", "to the original");
    try (RunningProcess original = command.start(folder, "original")) {
      original.awaitLine("ready");
      checkpoint(original);
    }
    return new Image(target);
  }

  private RunningProcess restored(Image image, String name, String... options) throws Exception {
    return Services.restored(image, folder, name, options);
  }

  private static void assertAnswer(RunningProcess service, String question, String value)
      throws Exception {
    assertThat(ask(service, question, question + " "))
        .isEqualTo(
            question + " " + HexFormat.of().formatHex(value.getBytes(StandardCharsets.UTF_8)));
  }

  @Tag("essential")
  @Test
  @DisplayName("the new ones are told all the same, and one line says so and how to open it")
  void closed() throws Exception {
    Image image = checkpointed(CLOSED);
    try (RunningProcess service =
        restored(image, "closed", "-e", "GIVEN=to the restore", "-Dgiven=to the restore")) {
      assertAnswer(service, "told GIVEN", "to the restore");
      assertAnswer(service, "property given", "to the restore");
      assertAnswer(service, "getenv GIVEN", "to the original");
      assertAnswer(service, "child GIVEN", "to the original");
      assertThat(service.output().lines().filter(line -> line.contains("keeps its environment")))
          .singleElement()
          .asString()
          .contains(
              "WARN",
              "JDK " + System.getProperty("java.vm.version"),
              "(java.lang.ClassNotFoundException: sun.reflect.ReflectionFactory)",
              "System.getenv and child processes have still those of the checkpoint",
              "RestoreInfo.environment()",
              "Start the JVM with --add-opens java.base/java.lang.invoke=ALL-UNNAMED");
      checkpoint(service);
    }
    // What is kept is what the process was told, not what System.getenv still shows.
    try (RunningProcess service = restored(image, "kept", "--keep-env", "-e", "NEW=1")) {
      assertAnswer(service, "told GIVEN", "to the restore");
      assertAnswer(service, "told NEW", "1");
      end(service);
    }
  }

  @Test
  @DisplayName("the option that the line names opens them")
  void opened() throws Exception {
    Image image =
        checkpointed(CLOSED[0], CLOSED[1], "--add-opens", "java.base/java.lang.invoke=ALL-UNNAMED");
    try (RunningProcess service = restored(image, "opened", "-e", "GIVEN=to the restore")) {
      assertAnswer(service, "getenv GIVEN", "to the restore");
      assertAnswer(service, "child GIVEN", "to the restore");
      assertThat(service.output()).doesNotContain("keeps its environment");
      end(service);
    }
  }

  @Test
  @DisplayName(
      "is not where it denies access to memory by sun.misc.Unsafe, and nothing is warned of")
  void unsafeDenied() throws Exception {
    boolean canDeny = Runtime.version().feature() >= 23;
    Image image = canDeny ? checkpointed("--sun-misc-unsafe-memory-access=deny") : checkpointed();
    try (RunningProcess service = restored(image, "denied", "-e", "GIVEN=to the restore")) {
      assertAnswer(service, "getenv GIVEN", "to the restore");
      end(service);
      assertThat(service.output() + service.error()).doesNotContainIgnoringCase("warn");
    }
  }
}
