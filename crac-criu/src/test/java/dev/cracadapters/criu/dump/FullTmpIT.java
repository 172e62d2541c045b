/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.OutsideOfTmp;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The service has file systems of its own, in a mount namespace, that become full while it serves.
 */
@Tag("soak")
@RequiresCriu
@DisplayName("A checkpoint where a temporary folder is full")
class FullTmpIT {

  private static final String MOUNTS =
      "mount -t tmpfs -o mode=1777,size=8m tmpfs /tmp && mount -t tmpfs -o mode=1777,size=200m tmpfs /dev/shm"
          + " && mount -t tmpfs -o mode=755 tmpfs /run"
          // CRIU finds no file that was opened in another mount namespace
          + " && exec > \"$1\" 2> \"$2\" && shift 2 && exec \"$@\"";

  @TempDir(factory = OutsideOfTmp.class)
  Path folder;

  @BeforeAll
  static void elsewhere() throws IOException {
    assumeFalse(
        Path.of("").toRealPath().startsWith("/tmp"),
        "what is to be run lies below /tmp, which is covered here");
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  private RunningProcess service(String... options) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                "setsid",
                "unshare",
                "--mount",
                "sh",
                "-c",
                MOUNTS,
                "sh",
                folder.resolve("service.out").toString(),
                folder.resolve("service.err").toString()));
    command.addAll(Services.command(folder.resolve("image"), options).java());
    RunningProcess service =
        RunningProcess.start(command, Map.of("TMPDIR", folder.toString()), folder, "service");
    service.awaitLine("ready");
    ask(service, "add 41", "sum=");
    return service;
  }

  /** As the service sees it. */
  private static Path seen(RunningProcess service, String path) {
    return Path.of("/proc/" + service.pid() + "/root" + path);
  }

  private void fill(RunningProcess service, String path, int leftKib) throws Exception {
    try (RunningProcess fill =
        RunningProcess.start(
            List.of(
                "sh",
                "-c",
                "cat /dev/zero > \"$1/all\" 2> /dev/null; truncate -s \"-$2K\" \"$1/all\"",
                "sh",
                seen(service, path).toString(),
                "" + leftKib),
            Map.of(),
            folder,
            "fill")) {
      assertThat(fill.awaitExit()).as(fill.told()).isZero();
    }
  }

  private static List<String> ours(Path path) {
    try {
      return Services.names(path).stream().filter(name -> name.matches("(crac|criu)-.*")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path secret(String name) throws Exception {
    Path file = Files.writeString(folder.resolve(name), "0123456789".repeat(4));
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  @Tag("essential")
  @ParameterizedTest
  @CsvSource({
    "/tmp, 0, false, /tmp has no room for what it says",
    "/tmp, 4, true, 'temporary files: what is tried out has no room in /tmp'",
    "/dev/shm, 0, true, 'perfdata could not be brought to the tmpfs /dev/shm/crac-dump.'",
    "/dev/shm, 40, true, ', writing to the tmpfs /dev/shm/crac-dump.'"
  })
  @DisplayName("says so in one line, and the service serves, and is imaged when there is room")
  void full(String path, int leftKib, boolean isProtected, String said) throws Exception {
    List<String> options = new ArrayList<>();
    if (isProtected) {
      options.add("-Dcrac.image-key=" + secret("key"));
      options.add("-Dcrac.image-encryption=openssl:" + secret("passphrase"));
    }
    try (RunningProcess service = service(options.toArray(String[]::new))) {
      fill(service, path, leftKib);
      assertThat(ask(service, "checkpoint", "refused")).contains(said).contains(". Make room ");
      assertThat(ask(service, "add 1", "sum=42")).isEqualTo("sum=42");
      assertThat(ask(service, "tick", "ticked")).isEqualTo("ticked true");
      assertThat(folder.resolve("image")).doesNotExist();
      Files.delete(seen(service, path).resolve("all"));
      assertThat(
              Deadline.after(Duration.ofSeconds(20))
                  .await(() -> ours(seen(service, path)).isEmpty()))
          .as(ours(seen(service, path)).toString())
          .isTrue();
      Services.checkpoint(service);
    }
    String[] identity =
        isProtected ? new String[] {"--identity", folder + "/passphrase"} : new String[0];
    try (RunningProcess restored =
        Services.restored(new Image(folder.resolve("image")), folder, "restored", identity)) {
      assertThat(ask(restored, "add 1", "sum=")).isEqualTo("sum=43");
      end(restored);
    }
  }
}
