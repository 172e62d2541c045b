/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("A checkpoint tells")
class ProgressIT {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir Path folder;
  private Path image;

  @BeforeEach
  void nameTheImage() {
    image = folder.resolve("image");
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  @Tag("essential")
  @Test
  @DisplayName("on standard error in one last line what its parts took, and how large the image is")
  void lastLine() throws Exception {
    try (RunningProcess service = Services.command(image).start(folder, "service")) {
      service.awaitLine("ready");
      checkpoint(service);
      List<String> lines = service.error().lines().toList();
      assertThat(lines.get(lines.size() - 1)).matches(imageLine(image.toRealPath()));
    }
    assertThat(Files.readString(image.resolve("manifest.json")))
        .containsPattern(
            "\"millis\": \\{\"trim\": [1-9]\\d*, \"dump\": [1-9]\\d*, \"checksums\": \\d+}");
  }

  /** Both streams are one file, in which such a process goes on where it was. */
  @Test
  @DisplayName("the same once of a process that it leaves running, which does not write over it")
  void leftRunning() throws Exception {
    try (RunningProcess service =
        Services.command(image)
            .by("sh", "-c", "exec \"$@\" 2>&1", "starter")
            .start(folder, "service")) {
      service.awaitLine("ready");
      for (String name : List.of("one", "two")) {
        Path taken = folder.toRealPath().resolve(name);
        service.send("image " + taken);
        service.awaitLine("image=" + taken);
        assertThat(service.output().lines().filter(line -> line.matches(imageLine(taken))))
            .as(service.told())
            .hasSize(1);
      }
      end(service);
    }
  }

  private static String imageLine(Path image) {
    return "crac-criu: image of \\d+ MB in "
        + image
        + ": walk \\d+ ms, trim \\d+ ms, dump \\d+ ms, checksums \\d+ ms, disk \\d+ ms";
  }

  @Test
  @DisplayName("while it lasts how many bytes are written, in a file and, once a second, in words")
  void meanwhile() throws Exception {
    Path hold = Files.createFile(folder.resolve("hold"));
    Path hook = // runs before the engine's own
        Services.script(
            folder.resolve("hook"),
            "#!/bin/sh",
            "[ \"$CRTOOLS_SCRIPT_ACTION\" != post-dump ] ||",
            "  while [ -e '" + hold + "' ]; do sleep 0.01; done");
    Path criu =
        Services.script(
            folder.resolve("criu"),
            "#!/bin/sh",
            "[ \"$1\" = dump ] || exec '" + WorkingCriu.here().path() + "' \"$@\"",
            "exec '" + WorkingCriu.here().path() + "' \"$@\" --action-script '" + hook + "'");
    try (RunningProcess service =
        Services.command(image).property("crac.criu", criu).start(folder, "service")) {
      String ready = service.awaitLine("ready");
      String staging = ".new-" + ready.replaceAll("\\D", "") + "-";
      service.send("checkpoint");
      assertThat(Deadline.after(LIMIT).await(() -> hasManyBytes(staging))).isTrue();
      assertThat(Deadline.after(LIMIT).await(() -> tells(service))).isTrue();
      Files.delete(hold);
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(137);
    }
    assertThat(Services.names(image)).doesNotContain("progress");
    try (RunningProcess service = restored(new Image(image), folder, "restored")) {
      end(service);
    }
  }

  /** {@code dump BYTES OF}. */
  private boolean hasManyBytes(String staging) {
    try {
      for (String name : Services.names(image)) {
        if (name.startsWith(staging) && hasManyBytes(image.resolve(name).resolve("progress"))) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      return false; // not yet
    }
  }

  private static boolean hasManyBytes(Path progress) {
    try {
      String[] words = Files.readString(progress).split("\\s");
      return words.length == 3
          && words[0].equals("dump")
          && Long.parseLong(words[1]) > 5 << 20
          && Long.parseLong(words[2]) > 5 << 20;
    } catch (IOException e) {
      return false; // not yet
    }
  }

  private static boolean tells(RunningProcess service) {
    try {
      return service
          .error()
          .lines()
          .anyMatch(line -> line.matches("crac-criu: dumped [1-9]\\d* of about [1-9]\\d* MB"));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
