/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RequiresCriu
@DisplayName("A restore")
class RestoreIT {

  @TempDir Path folder;

  @Test
  @DisplayName("gives the process back with its state, as often as one likes")
  void again() throws Exception {
    Path image = folder.resolve("image");
    try (RunningProcess original =
        JvmCommand.ofMainClass(CommandedService.class.getName())
            .without("logback")
            .image(image)
            .start(folder, "original")) {
      original.awaitLine("ready");
      original.send("add 41");
      original.send("checkpoint");
      assertThat(original.awaitExit()).isEqualTo(137);
    }
    Set<String> instances = new HashSet<>();
    for (int turn = 0; turn < 3; turn++) {
      try (RunningProcess restored =
          new Image(image).restore().arguments("one", "two words").start(folder, "turn" + turn)) {
        String line = restored.awaitLine("restored");
        assertThat(line).contains("arguments=[one, two words]");
        instances.add(line.replaceAll(".*instance=(\\S+).*", "$1"));
        restored.send("add 1");
        assertThat(restored.awaitLine("counter=")).isEqualTo("counter=42");
        restored.send("state");
        assertThat(restored.awaitLine("state"))
            .contains("counter=42", "calls=[-high, -low, +low, +high]");
        restored.send("exit 7");
        assertThat(restored.awaitExit()).isEqualTo(7);
      }
    }
    assertThat(instances).hasSize(3);
  }
}
