/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * By user namespaces, where an ordinary user may make them; otherwise a line says that it may not.
 */
@Tag("soak")
@RequiresCriu
@DisplayName("An ordinary user's new image")
class RootlessTrialIT extends RootlessFixture {

  private boolean canMakeNamespaces() throws Exception {
    List<String> command = new ArrayList<>(List.of(USER.by()));
    command.addAll(List.of("unshare", "--user", "--map-root-user", "true"));
    try (RunningProcess unshare =
        RunningProcess.start(command, Map.of(), ofTheUser, name + "-unshare")) {
      return unshare.awaitExit() == 0;
    }
  }

  /** A process of an ordinary user cannot write to the file that root has given it. */
  private static String manifest(Path image) throws Exception {
    return Files.readString(image.resolve("manifest.json"));
  }

  @Test
  @DisplayName("is tried before its process ends, or its manifest says why not")
  void tried() throws Exception {
    Path target = ofTheUser.resolve("image-tried");
    try (RunningProcess original =
        service(target).by(USER.by(ALL)).property("crac.verify", "auto").start(ofTheUser, name)) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=");
      Services.checkpoint(original);
      if (canMakeNamespaces()) {
        assertThat(manifest(target)).containsPattern("\"trial\": [1-9]\\d*}");
      } else {
        assertThat(manifest(target)).contains("\"untried\": \"namespaces cannot be made here");
      }
    }
    try (RunningProcess restored = restored(new Image(target).restore().by(USER.by(ALL)), "-1")) {
      assertThat(ask(restored, "add 1", "sum=")).isEqualTo("sum=42");
      end(restored);
    }
    assertThat(Services.names(ofTheUser)).noneMatch(file -> file.startsWith("crac-clone"));
    assertThat(Services.names(Path.of("/tmp"))).noneMatch(file -> file.startsWith(".java_pidx"));
  }

  @Test
  @DisplayName("is refused where CRIU cannot restore it, and the process serves on")
  void refused() throws Exception {
    org.junit.jupiter.api.Assumptions.assumeTrue(canMakeNamespaces());
    Path target = ofTheUser.resolve("image-refused");
    Path failing =
        Services.script(
            ofTheUser.resolve("failing-criu"),
            "#!/bin/sh",
            "[ \"$1\" != restore ] || { echo 'Error (made-up.c:1): Out of luck' >&2; exit 1; }",
            "exec '" + criu + "' \"$@\"");
    USER.give(failing);
    try (RunningProcess original =
        service(target)
            .by(USER.by(ALL))
            .property("crac.verify", "auto")
            .property("crac.criu", failing)
            .start(ofTheUser, name)) {
      original.awaitLine("ready");
      assertThat(ask(original, "checkpoint", "refused"))
          .contains("as its trial has shown")
          .contains("Out of luck");
      assertThat(ask(original, "add 1", "sum=")).isEqualTo("sum=1");
      end(original);
    }
    assertThat(Files.exists(target.resolve("restore"))).isFalse();
    assertThat(Services.names(ofTheUser)).noneMatch(file -> file.startsWith("crac-clone"));
  }
}
