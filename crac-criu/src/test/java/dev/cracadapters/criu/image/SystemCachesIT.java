/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("soak")
@RequiresCriu
@DisplayName("Caches of the system that a process has mapped")
class SystemCachesIT {

  private static final String LIVE = "/var/lib/sss/mc/passwd";
  private static final String BUILT = "/var/cache/fontconfig/0123-le64.cache-9";

  /** In the service: what it has mapped. */
  public static final class Mapped {

    private static final Map<String, MappedByteBuffer> MAPPED = new TreeMap<>();

    private Mapped() {}

    public static String map(String path) {
      try (FileChannel file = FileChannel.open(Path.of(path), StandardOpenOption.READ)) {
        MAPPED.put(path, file.map(FileChannel.MapMode.READ_ONLY, 0, file.size()));
        return path;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    public static String read(String path) {
      MappedByteBuffer mapped = MAPPED.get(path);
      byte[] bytes = new byte[mapped.capacity()];
      mapped.get(0, bytes);
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  @TempDir Path folder;
  private RunningProcess machine;
  private Path live;
  private Path built;

  /** A mount namespace where those folders are the test's own. */
  @BeforeEach
  void furnish() throws Exception {
    String script =
        "mount -t tmpfs -o mode=755 tmpfs /var/lib && mount -t tmpfs -o mode=755 tmpfs /var/cache"
            + " && mkdir -p /var/lib/sss/mc /var/cache/fontconfig && echo furnished && exec cat";
    machine =
        RunningProcess.start(
            List.of("unshare", "--mount", "sh", "-c", script), Map.of(), folder, "machine");
    machine.awaitLine("furnished");
    Path root = Path.of("/proc/" + machine.pid() + "/root");
    live = Files.writeString(root.resolve(LIVE.substring(1)), "passwd of the checkpoint");
    built = Files.writeString(root.resolve(BUILT.substring(1)), "fonts of the checkpoint");
  }

  @AfterEach
  void close() throws Exception {
    machine.close();
    Services.assertNothingLeft(folder);
  }

  private String[] there() {
    return new String[] {"nsenter", "--mount", "--target", Long.toString(machine.pid())};
  }

  private Image image() {
    return new Image(folder.resolve("image"));
  }

  private void takeACheckpoint() throws Exception {
    try (RunningProcess service =
        Services.command(image().folder()).by(there()).start(folder, "original")) {
      service.awaitLine("ready");
      call(service, "map", LIVE);
      call(service, "map", BUILT);
      checkpoint(service);
    }
  }

  private RunningProcess restored(String name, String... options) throws Exception {
    RunningProcess service = image().restore(options).by(there()).start(folder, name);
    if (service.awaitLineOrExit("restored ").isEmpty()) {
      throw new AssertionError(service.told());
    }
    return service;
  }

  private static String call(RunningProcess service, String method, String path) throws Exception {
    service.send("call " + Mapped.class.getName() + " " + method + " " + path);
    service.send("say after " + method + path);
    service.awaitLine("after " + method + path);
    List<String> lines = service.output().lines().toList();
    return lines.get(lines.indexOf("after " + method + path) - 1);
  }

  private static void assertReads(RunningProcess service, String live, String built)
      throws Exception {
    assertThat(call(service, "read", LIVE)).isEqualTo("called passwd of the " + live);
    assertThat(call(service, "read", BUILT)).isEqualTo("called fonts of the " + built);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--keep-env", "--clone"})
  @DisplayName("are the machine's own where they are as they were, or kept up to date in place")
  void unchanged(String option) throws Exception {
    takeACheckpoint();
    try (RunningProcess service = restored("unchanged", option)) {
      assertReads(service, "checkpoint", "checkpoint");
      end(service);
    }
    Files.writeString(live, "passwd of the other days");
    try (RunningProcess service = restored("updated", option)) {
      assertReads(service, "other days", "checkpoint");
      end(service);
    }
  }

  @Tag("essential")
  @ParameterizedTest
  @ValueSource(strings = {"--keep-env", "--clone"})
  @DisplayName("are copies where the machine's have changed or are gone, also in a further image")
  void copies(String option) throws Exception {
    takeACheckpoint();
    Files.writeString(live, "passwd of a larger cache on this machine");
    Files.writeString(built, "fonts of another machine");
    try (RunningProcess service = restored("changed", option)) {
      assertReads(service, "checkpoint", "checkpoint");
      end(service);
    }
    Files.delete(live);
    Files.delete(built);
    try (RunningProcess service = restored("gone", option)) {
      assertReads(service, "checkpoint", "checkpoint");
      checkpoint(service);
    }
    for (int i = 0; i < 2; i++) {
      try (RunningProcess service = restored("further" + i, option)) {
        assertReads(service, "checkpoint", "checkpoint");
        end(service);
      }
    }
    assertThat(Path.of("/proc/" + machine.pid() + "/root" + LIVE)).doesNotExist();
  }

  @Test
  @DisplayName("are no finding of --check")
  void check() throws Exception {
    takeACheckpoint();
    Files.delete(live);
    Files.delete(built);
    try (RunningProcess check = image().restore("--check").by(there()).start(folder, "check")) {
      assertThat(check.awaitExit()).as(check.told()).isZero();
    }
  }
}
