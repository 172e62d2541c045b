/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@RequiresCriu
@Tag("soak")
@DisplayName("No process is left behind by a restore")
class LeftBehindIT {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir static Path folder;
  private static Image image;

  /** The restores' temporary files: one that is killed may leave them. */
  @TempDir static Path temporary;

  @BeforeAll
  static void takeACheckpoint() throws Exception {
    image = Services.checkpointed(folder);
  }

  @ParameterizedTest
  @CsvSource({
    "--, 0",
    "--, 20",
    "--, 40",
    "--, 60",
    "--, 80",
    "--, 100",
    "--, 130",
    "--, 180",
    "--clone, 0",
    "--clone, 20",
    "--clone, 50",
    "--clone, 80",
    "--clone, 110",
    "--clone, 160"
  })
  @DisplayName("that was killed on the way, at whatever moment")
  void killedOnTheWay(String way, int milliseconds) throws Exception {
    try (RunningProcess service =
        image
            .restore(way)
            .environment("TMPDIR", temporary.toString())
            .by(
                "sh",
                "-c",
                "(sleep 0.%03d; kill -KILL $$) & exec \"$@\"".formatted(milliseconds),
                "caller")
            .start(folder, "killed" + way + milliseconds)) {
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(137);
    }
    Services.assertNothingLeft(folder);
    assertFree();
  }

  @Test
  @DisplayName(
      "whose next one removes what was left in the folder for temporary files, if nobody uses it")
  void leftovers() throws Exception {
    Path own = Files.createDirectory(folder.resolve("own tmp"));
    Path counters = Path.of("/tmp/hsperfdata_root");
    List<Path> dead =
        List.of(
            own.resolve("crac-restore.dead"),
            own.resolve("crac-restore.early"),
            counters.resolve("restore-" + image.pid() + ".dead"));
    Path live = own.resolve("crac-restore.live");
    Path young = own.resolve("crac-restore.young");
    try (RunningProcess reader =
        RunningProcess.start(
            List.of(
                "sh",
                "-ec",
                "mkdir \"$@\"; mkfifo \"$1/events\" \"$4/events\" \"$5/events\"; : > \"$3/perfdata\";"
                    + " touch -d '10 minutes ago' \"$1\" \"$2\" \"$3\" \"$4\"; exec 3<> \"$4/events\";"
                    + " echo made; read -r end",
                "sh",
                dead.get(0).toString(),
                dead.get(1).toString(),
                dead.get(2).toString(),
                live.toString(),
                young.toString()),
            Map.of(),
            folder,
            "reader")) {
      reader.awaitLine("made");
      try (RunningProcess service =
          image.restore().environment("TMPDIR", own.toString()).start(folder, "after")) {
        service.awaitLine("restored ");
        Deadline.after(LIMIT).await(() -> dead.stream().noneMatch(Files::exists));
        assertThat(dead).noneMatch(Files::exists);
        assertThat(Services.names(own)).containsExactly("crac-restore.live", "crac-restore.young");
        end(service);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"sh", "bash", "clone"})
  @DisplayName("that is killed while the process serves: it ends in order, or with its namespaces")
  void killedInService(String how) throws Exception {
    Image.Restore restore = how.equals("clone") ? image.restore("--clone") : image.restore();
    if (how.equals("bash")) {
      restore.by(
          "unshare",
          "--mount",
          "sh",
          "-c",
          "mount --bind \"$(command -v bash)\" \"$(readlink -f /bin/sh)\" && exec \"$@\"",
          "caller");
    }
    try (RunningProcess service = restore.start(folder, "serves-" + how)) {
      service.awaitLine("restored ");
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      service.signal("KILL");
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(137);
      Services.assertNothingLeft(folder);
      if (!how.equals("clone")) {
        assertThat(service.output()).contains("shutdown hook");
      }
    }
    assertFree();
  }

  @ParameterizedTest
  @ValueSource(strings = {"--", "--clone"})
  @DisplayName("whose process is killed")
  @Tag("essential")
  void processKilled(String way) throws Exception {
    try (RunningProcess service = restored(image, folder, "process" + way, way)) {
      RunningProcess.signal("KILL", service.below(image.pid()).orElseThrow());
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(137);
    }
    Services.assertNothingLeft(folder);
    assertFree();
  }

  private static void assertFree() throws Exception {
    Path taken = Path.of("/proc", Long.toString(image.pid()));
    Deadline.after(LIMIT).await(() -> Files.notExists(taken));
    assertThat(taken).doesNotExist();
  }
}
