/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("soak")
@RequiresCriu
@DisplayName("A checkpoint is refused before anything is stopped where there is no")
class RequiredClassesIT {

  @TempDir Path folder;

  private void refuses(JvmCommand command, String reason) throws Exception {
    try (RunningProcess service = command.start(folder, "service")) {
      service.awaitLine("ready");
      assertThat(ask(service, "checkpoint", "refused")).contains(reason);
      assertThat(ask(service, "state", "state")).contains("calls=[]");
      end(service);
    }
    assertThat(folder.resolve("image")).doesNotExist();
    Services.assertNothingLeft(folder);
  }

  private JvmCommand command() {
    return Services.command(folder.resolve("image"));
  }

  @Tag("essential")
  @Test
  @DisplayName("jackson-core, by which the manifest is written")
  void jackson() throws Exception {
    refuses(
        command().without("jackson-core"),
        "jackson-core: the engine writes an image's manifest by it, and it is missing, or is another"
            + " version (java.lang.NoClassDefFoundError: com/fasterxml/jackson/core/");
  }

  @Test
  @DisplayName("ASM, and a file of policies is named")
  void asm() throws Exception {
    Path policies = Files.writeString(folder.resolve("policies"), "");
    refuses(
        command().without("asm-").property("crac.resource-policies", policies),
        "asm: by it streams of ignored files that have changed are closed, and it is missing, or is"
            + " another version (java.lang.NoClassDefFoundError: org/objectweb/asm/");
  }

  @ParameterizedTest
  @ValueSource(strings = {"java.base", "java.base,java.management"})
  @DisplayName("module jdk.management")
  void module(String modules) throws Exception {
    refuses(
        command().without("logback").options("--limit-modules", modules),
        "Java: it has no module jdk.management, by which the engine reads the JVM's flags");
  }
}
