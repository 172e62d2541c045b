/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an ordinary user's process had in a folder for temporary files, and deleted at its end. */
@Tag("soak")
@RequiresCriu
@DisplayName("An ordinary user's temporary folders")
class RootlessTemporaryIT extends RootlessFixture {

  @ParameterizedTest
  @ValueSource(strings = {"tmp", "own"})
  @DisplayName("are made again, in everybody's folder and in the user's own")
  void deleted(String where) throws Exception {
    Path temporary = Path.of("/tmp");
    if (where.equals("own")) {
      temporary = Files.createDirectory(ofTheUser.resolve("own"));
      USER.give(temporary);
    }
    Path target = ofTheUser.resolve("image-" + where);
    Path made;
    try (RunningProcess original =
        service(target)
            .property("java.io.tmpdir", temporary)
            .by(USER.by(ALL))
            .start(ofTheUser, where)) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=");
      made =
          Path.of(
              ask(
                      original,
                      "call dev.cracadapters.criu.image.TemporaryFilesInUse folder docs.",
                      "docs")
                  .substring("called ".length()));
      checkpoint(original);
    }
    Services.discard(made);
    Image taken = new Image(target);
    try (RunningProcess service =
        restored(
            taken
                .restore()
                .environment("TMPDIR", where.equals("own") ? temporary.toString() : "")
                .by(USER.by(ALL)),
            where)) {
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      assertThat(made.resolve("below/it")).isDirectory();
      assertThat(Files.getAttribute(made.resolve("below"), "unix:uid")).isEqualTo((int) USER.uid());
      assertThat(service.error()).doesNotContain("restore:");
      end(service);
    } finally {
      Services.discard(made);
    }
  }
}
