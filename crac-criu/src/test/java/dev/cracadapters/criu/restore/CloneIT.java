/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("soak")
@RequiresCriu
@DisplayName("Clones of one image")
class CloneIT {

  @TempDir static Path folder;
  private static Image image;

  @BeforeAll
  static void takeACheckpoint() throws Exception {
    image = Services.checkpointed(folder);
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  @Tag("essential")
  @Test
  @DisplayName("live side by side, beside a plain restore, each with its own state and instance")
  void sideBySide() throws Exception {
    try (RunningProcess plain = restored(image, folder, "plain");
        RunningProcess first = restored(image, folder, "first", "--clone");
        RunningProcess second = restored(image, folder, "second", "--clone")) {
      assertThat(ask(first, "add 1", "sum=")).isEqualTo("sum=42");
      assertThat(ask(second, "add 2", "sum=")).isEqualTo("sum=43");
      assertThat(ask(plain, "add 3", "sum=")).isEqualTo("sum=44");
      assertThat(first.awaitLine("restored")).isNotEqualTo(second.awaitLine("restored"));
      assertThat(first.below(image.pid()).orElseThrow())
          .isNotEqualTo(second.below(image.pid()).orElseThrow());
      end(second);
      end(first);
      assertThat(ask(plain, "add 4", "sum=48")).isEqualTo("sum=48");
      end(plain);
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("with networks of their own may listen on the same port, which is free outside, too")
  void networks() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        RunningProcess first = restored(image, folder, "net1", "--clone", "--net");
        RunningProcess second = restored(image, folder, "net2", "--clone", "--net")) {
      String command = "loopback " + taken.getLocalPort();
      assertThat(ask(first, command, "loopback")).isEqualTo("loopback 42");
      assertThat(ask(second, command, "loopback")).isEqualTo("loopback 42");
      end(first);
      end(second);
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("see what is mounted below /tmp")
  void mounted() throws Exception {
    Path place = Files.createDirectory(folder.resolve("a mount"));
    Image.Restore restore =
        image
            .restore("--clone")
            .by(
                "unshare",
                "--mount",
                "sh",
                "-c",
                "mount -t tmpfs there \"$0\" && echo seen > \"$0/file\" && exec \"$@\"",
                place.toString());
    try (RunningProcess clone = restore.start(folder, "mounted")) {
      clone.awaitLine("restored ");
      String command = "spawn grep -qx seen '%s/file'".formatted(place);
      assertThat(ask(clone, command, "spawned")).isEqualTo("spawned 0");
      end(clone);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 7, 255})
  @DisplayName("end with their own exit status")
  void exitStatus(int status) throws Exception {
    try (RunningProcess clone = restored(image, folder, "exit" + status, "--clone")) {
      clone.send("exit " + status);
      assertThat(clone.awaitExit()).as(clone.told()).isEqualTo(status);
    }
  }

  @ParameterizedTest
  @CsvSource({"TERM, 143", "INT, 130", "HUP, 129"})
  @DisplayName("end by the signals that are sent to the script")
  void signals(String signal, int status) throws Exception {
    try (RunningProcess clone = restored(image, folder, "signal" + signal, "--clone")) {
      clone.signal(signal);
      assertThat(clone.awaitExit()).as(clone.told()).isEqualTo(status);
      assertThat(clone.output()).contains("shutdown hook");
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("end with status 137 when they are killed")
  void killed() throws Exception {
    try (RunningProcess clone = restored(image, folder, "killed", "--clone")) {
      RunningProcess.signal("KILL", clone.below(image.pid()).orElseThrow());
      assertThat(clone.awaitExit()).as(clone.told()).isEqualTo(137);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 10, 30, 60, 100, 150})
  @DisplayName("end by a TERM that came before they were back, at whatever moment")
  void early(int milliseconds) throws Exception {
    try (RunningProcess clone =
        image
            .restore("--clone")
            .by(
                "sh",
                "-c",
                "(sleep 0.%03d; kill -TERM $$) & exec \"$@\"".formatted(milliseconds),
                "caller")
            .start(folder, "early" + milliseconds)) {
      assertThat(clone.awaitExit()).as(clone.told()).isEqualTo(143);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"2>&1 | cat", "", "2> /dev/null"})
  @DisplayName("can be checkpointed again, with streams of any kind from outside")
  void again(String streams) throws Exception {
    Path mine = Files.createTempDirectory(folder, "own");
    Image own = Services.checkpointed(mine);
    try (RunningProcess clone =
        RunningProcess.start(
            List.of(
                "sh", "-c", "\"$1/restore\" --clone " + streams, "caller", own.folder().toString()),
            Map.of("TMPDIR", folder.toString()),
            mine,
            "again")) {
      clone.awaitLine("restored ");
      ask(clone, "add 100", "sum=141");
      clone.send("checkpoint");
      clone.awaitExit(); // by a signal, or as cat ends
    }
    // The image folder is the one that the process was started with, not the one it was restored
    // from.
    // Not without --clone: the threads that were started in the clone have IDs that are taken
    // outside.
    try (RunningProcess clone = restored(own, mine, "again2", "--clone")) {
      assertThat(ask(clone, "add 1", "sum=")).isEqualTo("sum=142");
      end(clone);
    }
  }

  @Test
  @DisplayName("can be checkpointed into any folder of the machine, below /tmp as well")
  void belowTmp() throws Exception {
    Path mine = Files.createTempDirectory(folder, "moved");
    Image own = Services.checkpointed(mine);
    Image moved = new Image(Files.move(own.folder(), mine.resolve("elsewhere")));
    try (RunningProcess clone =
        moved.restore("--clone").by("sh", "-c", "\"$@\" | cat", "caller").start(mine, "clone")) {
      clone.awaitLine("restored ");
      ask(clone, "add 1", "sum=42");
      clone.send("checkpoint");
      clone.awaitExit();
    }
    try (RunningProcess clone = restored(own, mine, "again", "--clone")) {
      assertThat(ask(clone, "add 1", "sum=")).isEqualTo("sum=43");
      end(clone);
    }
  }
}
