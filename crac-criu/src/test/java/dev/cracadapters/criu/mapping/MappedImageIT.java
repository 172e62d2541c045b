/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

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
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("An image that is mapped")
class MappedImageIT {

  @TempDir Path folder;

  /** What the service says of its data. */
  private String data;

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  @Tag("essential")
  @Test
  @DisplayName("gives the process back with its state, as often as one likes, and does not change")
  void again() throws Exception {
    Image image = checkpointed();
    Path memory = image.folder().resolve("memory");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(memory)))
        .isEqualTo("r--------");
    byte[] before = Files.readAllBytes(memory);
    for (int turn = 0; turn < 3; turn++) {
      try (RunningProcess service = restored(image, folder, "again" + turn)) {
        assertThat(MappedMappings.bytes(image.pid()))
            .isGreaterThan(4 << 20); // the service's data alone is that
        assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
        assertThat(ask(service, "garbage 64", "garbage")).isEqualTo("garbage 64");
        assertThat(ask(service, "state", "state")).contains(data);
        end(service);
      }
    }
    assertThat(Files.readAllBytes(memory)).isEqualTo(before);
  }

  @Tag("essential")
  @Test
  @DisplayName("is replaced by one of the process that was restored from it, over and over")
  void second() throws Exception {
    Image image = checkpointed();
    for (int turn = 0; turn < 3; turn++) {
      try (RunningProcess service = restored(image, folder, "turn" + turn)) {
        assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=" + (42 + turn));
        assertThat(ask(service, "garbage 16", "garbage")).isEqualTo("garbage 16");
        assertThat(ask(service, "state", "state")).contains(data);
        checkpoint(service);
      }
      assertThat(image.folder().resolve("memory")).exists();
    }
    try (RunningProcess service = restored(image, folder, "last")) {
      assertThat(MappedMappings.bytes(image.pid())).isGreaterThan(4 << 20);
      assertThat(ask(service, "state", "state")).contains(data);
      end(service);
    }
  }

  @Test
  @DisplayName("may be gone when the process that was restored from it is checkpointed again")
  void gone() throws Exception {
    Image image = checkpointed();
    Path next = folder.resolve("next");
    try (RunningProcess service = image.restore("-Dcrac.image=" + next).start(folder, "restored")) {
      service.awaitLine("restored ");
      Services.discard(image.folder());
      assertThat(ask(service, "state", "state")).contains(data);
      checkpoint(service);
    }
    try (RunningProcess service = restored(new Image(next), folder, "last")) {
      assertThat(ask(service, "state", "state")).contains(data);
      end(service);
    }
  }

  @Test
  @DisplayName("is not what the next image of its process has to be")
  void readNext() throws Exception {
    Image image = checkpointed();
    try (RunningProcess service = restored(image, folder, "restored", "-Dcrac.criu.map=off")) {
      checkpoint(service);
    }
    assertThat(image.folder().resolve("memory")).doesNotExist();
    try (RunningProcess service = restored(image, folder, "last")) {
      assertThat(MappedMappings.bytes(image.pid())).isZero();
      assertThat(ask(service, "state", "state")).contains(data);
      end(service);
    }
  }

  private Image checkpointed() throws Exception {
    Path image = folder.resolve("image");
    try (RunningProcess original =
        Services.command(image, "-Dcrac.criu.map=on").start(folder, "original")) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=");
      data = ask(original, "state", "state").replaceAll(".* (data=\\S+) .*", "$1");
      checkpoint(original);
    }
    return new Image(image);
  }
}
