/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What an ordinary user does with an image that is mapped. */
@Tag("soak")
@RequiresCriu
@DisplayName("An ordinary user's image that is mapped")
class RootlessMappedIT extends RootlessFixture {

  private Image mapped;

  @BeforeEach
  void takeAMappedOne() throws Exception {
    Path target = ofTheUser.resolve("mapped-" + name);
    try (RunningProcess original =
        service(target)
            .property("crac.criu.map", "on")
            .by(USER.by(ALL))
            .start(ofTheUser, name + "-original")) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=");
      checkpoint(original);
    }
    mapped = new Image(target);
    assertThat(target.resolve("memory")).exists();
  }

  @Test
  @DisplayName("is restored, and replaced by one of the restored process")
  void second() throws Exception {
    for (int turn = 0; turn < 2; turn++) {
      try (RunningProcess service = restored(mapped.restore().by(USER.by(ALL)), "" + turn)) {
        assertThat(Files.readString(Path.of("/proc/" + mapped.pid() + "/maps")))
            .contains(mapped.folder() + "/memory");
        assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=" + (42 + turn));
        if (turn == 0) {
          checkpoint(service);
        } else {
          end(service);
        }
      }
    }
  }

  @Test
  @DisplayName("is restored in a user namespace, where another checkpoint is refused by name")
  void inUserNamespace() throws Exception {
    try (RunningProcess clone = restored(mapped.restore("--clone").by(USER.by()), "-clone")) {
      assertThat(ask(clone, "add 1", "sum=")).isEqualTo("sum=42");
      assertThat(ask(clone, "checkpoint", "refused"))
          .contains("memory that is mapped from an image: it cannot be opened");
      assertThat(ask(clone, "add 1", "sum=43")).isEqualTo("sum=43");
      end(clone);
    }
  }
}
