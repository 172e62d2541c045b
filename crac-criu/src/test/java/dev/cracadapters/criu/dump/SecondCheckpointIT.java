/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("A restored process")
class SecondCheckpointIT {

  /** At least two, to compare; half a dozen in the soak. */
  private static final int TURNS =
      Math.max(2, Math.min(6, Integer.getInteger("crac.test.turns", 20) / 10));

  @TempDir Path folder;

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  @Tag("essential")
  @Tag("repeated")
  @Test
  @DisplayName(
      "can be checkpointed into the same folder and restored, over and over, without gathering"
          + " descriptors")
  void again() throws Exception {
    Image image = Services.checkpointed(folder);
    long descriptors = 0;
    for (int turn = 0; turn < TURNS; turn++) {
      try (RunningProcess service = restored(image, folder, "turn" + turn)) {
        assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=" + (42 + turn));
        assertThat(ask(service, "state", "state"))
            .contains(
                "calls=["
                    + "-high, -low, +low, +high, ".repeat(turn)
                    + "-high, -low, +low, +high]");
        long now =
            Pattern.compile("\\d+=")
                .matcher(ask(service, "descriptors", "descriptors"))
                .results()
                .count();
        if (turn > 0) {
          assertThat(now).isEqualTo(descriptors);
        }
        descriptors = now;
        checkpoint(service);
      }
      // And perfdata, unless another JVM that started meanwhile has deleted the counters.
      assertThat(Services.names(image.folder()))
          .contains("criu", "dump.log", "manifest.json", "restore")
          .noneMatch(name -> name.startsWith("."));
    }
    for (int turn = 0; turn < 2; turn++) {
      try (RunningProcess service = restored(image, folder, "last" + turn)) {
        assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=" + (42 + TURNS));
        end(service);
      }
    }
  }

  @Test
  @DisplayName(
      "goes on when its own checkpoint is refused, and its restore script still sees it end")
  void refused() throws Exception {
    Image image = Services.checkpointed(folder);
    try (RunningProcess service = restored(image, folder, "restored")) {
      Files.move(image.folder(), folder.resolve("moved"));
      Files.writeString(image.folder(), "a file in the way");
      assertThat(ask(service, "checkpoint", "refused")).contains("it is a file, and no folder");
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      service.send("exit 9");
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(9);
    }
  }

  @Test
  @DisplayName("goes on when its own dump fails, and its restore script still passes signals on")
  void failed() throws Exception {
    Path image = folder.resolve("image");
    try (RunningProcess original =
        Services.command(image).property("crac.criu", wrapped()).start(folder, "original")) {
      original.awaitLine("ready");
      checkpoint(original);
    }
    try (RunningProcess service = restored(new Image(image), folder, "restored")) {
      Files.createFile(folder.resolve("fail"));
      assertThat(ask(service, "checkpoint", "refused")).contains("exit status 3");
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=1");
      service.signal("TERM");
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(143);
    }
    Files.delete(folder.resolve("fail"));
    try (RunningProcess service = restored(new Image(image), folder, "restored2")) {
      end(service);
    }
  }

  /** A criu whose dumps fail while there is a file. */
  private Path wrapped() throws Exception {
    return Services.script(
        folder.resolve("wrapped"),
        "#!/bin/sh",
        "if [ \"$1\" = dump ] && [ -e '" + folder.resolve("fail") + "' ]; then exit 3; fi",
        "exec '" + WorkingCriu.here().path() + "' \"$@\"");
  }
}
