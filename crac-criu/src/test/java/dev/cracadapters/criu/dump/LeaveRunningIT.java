/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("A process that is left running by its checkpoint")
class LeaveRunningIT {

  @TempDir Path folder;

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  @Tag("essential")
  @Test
  @DisplayName("goes on with its state, and its image is restored beside it as another instance")
  void goesOn() throws Exception {
    Path first = folder.resolve("first");
    try (RunningProcess original =
        Services.command(folder.resolve("unused")).start(folder, "original")) {
      original.awaitLine("ready");
      assertThat(ask(original, "add 41", "sum=")).isEqualTo("sum=41");
      original.send("image " + first);
      original.send("add 1"); // is answered once the walk is over, or before it
      assertThat(original.awaitLine("sum=42")).isEqualTo("sum=42");
      long bytes = 0;
      String imaged = original.awaitLine("imaged");
      for (String name : Services.names(first.resolve("criu"))) {
        bytes += Files.size(first.resolve("criu").resolve(name));
      }
      assertThat(imaged)
          .isEqualTo(
              "imaged instance=null info=Optional.empty image=%s bytes=%d"
                  .formatted(first.toRealPath(), bytes));
      assertThat(ask(original, "tick", "ticked")).isEqualTo("ticked true");
      assertThat(ask(original, "state", "state"))
          .contains("counter=42")
          .endsWith("calls=[-high, -low, +low, +high]");
      assertThat(Services.names(first)).isEqualTo(Image.NAMES);

      try (RunningProcess clone = restored(new Image(first), folder, "clone", "--clone")) {
        assertThat(clone.awaitLine("restored")).contains("instance=").doesNotContain("=null");
        assertThat(ask(clone, "add 100", "sum=")).matches("sum=14[12]");
        assertThat(ask(original, "add 1000", "sum=10")).isEqualTo("sum=1042");
        end(clone);
      }
      assertThat(ask(original, "descriptors", "descriptors")).doesNotContain("mailbox", "first");
      end(original);
    }
  }

  @Test
  @DisplayName("can be imaged as often as one likes, each image as the process then was")
  void again() throws Exception {
    try (RunningProcess original =
        Services.command(folder.resolve("last")).start(folder, "original")) {
      original.awaitLine("ready");
      for (int turn = 1; turn <= 4; turn++) {
        ask(original, "add 1", "sum=" + turn);
        Path image = folder.resolve("image" + turn);
        original.send("image " + image);
        original.awaitLine("image=" + folder.toRealPath().resolve("image" + turn));
      }
      // The last one the other way: the process ends.
      Services.checkpoint(original);
    }
    for (int turn : new int[] {1, 4}) {
      Image image = new Image(folder.resolve("image" + turn));
      try (RunningProcess service = restored(image, folder, "again" + turn)) {
        assertThat(ask(service, "add 0", "sum=")).isEqualTo("sum=" + turn);
        end(service);
      }
    }
    try (RunningProcess service =
        restored(new Image(folder.resolve("last")), folder, "again-last")) {
      assertThat(ask(service, "add 0", "sum=")).isEqualTo("sum=4");
      end(service);
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("answers every request that comes before, during and after, once and in order")
  void underLoad() throws Exception {
    int requests = 20_000;
    try (RunningProcess original =
        Services.command(folder.resolve("unused")).start(folder, "original")) {
      original.awaitLine("ready");
      CompletableFuture<Void> load =
          CompletableFuture.runAsync(
              () -> {
                try {
                  for (int request = 0; request < requests; request++) {
                    original.send("add 1"); // waits while the process stands still
                    if (request % (requests / 4) == 100) {
                      original.send("image " + folder.resolve("image" + request / (requests / 4)));
                    }
                  }
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      original.awaitLine("sum=" + requests);
      load.get(10, TimeUnit.SECONDS);
      original.awaitLine("imaged"); // on a busy machine none may have begun by now
      ask(original, "settle", "settled");
      List<String> lines = original.output().lines().toList();
      assertThat(lines.stream().filter(line -> line.startsWith("sum=")))
          .isEqualTo(IntStream.rangeClosed(1, requests).mapToObj(sum -> "sum=" + sum).toList());
      // One that was asked for while another was under way may have been refused.
      assertThat(lines).anyMatch(line -> line.startsWith("imaged"));
      assertThat(folder.resolve("image0/restore")).exists();
      end(original);
    }
  }

  @Test
  @DisplayName("may be a restored one, which keeps its instance")
  void restoredOne() throws Exception {
    Image image = Services.checkpointed(folder);
    Path second = folder.resolve("second");
    try (RunningProcess service = restored(image, folder, "service")) {
      String instance = service.awaitLine("restored").replaceAll(".*instance=(\\S+).*", "$1");
      service.send("image " + second);
      assertThat(service.awaitLine("imaged")).contains("instance=null info=Optional[", instance);
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
    }
    try (RunningProcess service = restored(new Image(second), folder, "second")) {
      assertThat(ask(service, "add 2", "sum=")).isEqualTo("sum=43");
      end(service);
    }
  }

  @Test
  @DisplayName("goes on and says why when it cannot be imaged")
  void refused() throws Exception {
    Path image = folder.resolve("image");
    try (RunningProcess original = Services.command(image).start(folder, "original")) {
      original.awaitLine("ready");
      ask(original, "lock " + original.outputFile(), "locked");
      original.send("image " + image);
      assertThat(original.awaitLine("refused")).contains("CRIU: ");
      ask(original, "unlock", "unlocked");
      original.send("image " + image);
      original.awaitLine("imaged");
      end(original);
    }
  }
}
