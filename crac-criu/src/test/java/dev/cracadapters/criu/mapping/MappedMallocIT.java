/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("Memory of the C library that is mapped from an image")
class MappedMallocIT {

  private static final int MEGABYTE = 1 << 20;

  @TempDir Path folder;

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  @Tag("essential")
  @Test
  @DisplayName(
      "keeps each byte, and what calloc makes of it is zeros, also after it was given back")
  void givenBack() throws Exception {
    Image image = checkpointed();
    for (int turn = 0; turn < 2; turn++) {
      try (RunningProcess service = restored(image, folder, "turn" + turn)) {
        assertThat(mapped(image)).isGreaterThan(turn == 0 ? 24 * MEGABYTE : 6 * MEGABYTE);
        assertThat(data(service, "0 changed")).isZero();
        assertThat(data(service, "1 zeros 20")).isZero();
        data(service, "2 drop " + (turn == 0 ? 3 : 5)); // holes
        assertThat(data(service, "3 trim")).isOne();
        assertThat(data(service, "4 zeros 30")).isZero();
        assertThat(data(service, "5 changed")).isZero();
        data(service, "6 drop " + (turn == 0 ? 2 : 0)); // where that is 0 all of it, from its end
        assertThat(data(service, "7 zeros 90")).isZero(); // more than one such piece has room for
        assertThat(data(service, "8 trim")).isOne();
        assertThat(data(service, "9 zeros 40")).isZero();
        assertThat(data(service, "10 changed")).isZero();
        if (turn == 0) {
          data(service, "11 fill 48");
          checkpoint(service);
        } else {
          end(service);
        }
      }
    }
  }

  @Test
  @DisplayName("can be made longer")
  void grows() throws Exception {
    Image image = checkpointed();
    try (RunningProcess service = restored(image, folder, "restored")) {
      assertThat(mapped(image)).isGreaterThan(24 * MEGABYTE);
      data(service, "0 drop 2");
      assertThat(data(service, "1 grow")).isZero();
      end(service);
    }
  }

  private Image checkpointed() throws Exception {
    Path target = folder.resolve("image");
    JvmCommand command =
        Services.command(target, "-Dcrac.criu.map=on")
            .options(CLibrary.options().toArray(String[]::new));
    try (RunningProcess original = command.start(folder, "original")) {
      original.awaitLine("ready");
      data(original, "0 fill 32");
      checkpoint(original);
    }
    return new Image(target);
  }

  /** Of the native heap, by what the manifest says of it. */
  private static long mapped(Image image) throws Exception {
    return MappedMappings.bytes(image, "nativeHeap");
  }

  private static int data(RunningProcess service, String question) throws Exception {
    String command = "call " + NativeData.class.getName() + " ask ";
    return Integer.parseInt(
        ask(service, command + question, "called " + question + "=").replaceAll(".*=", ""));
  }
}
