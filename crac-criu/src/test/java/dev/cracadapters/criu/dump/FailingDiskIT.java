/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The image folder is a small file system of its own, in a mount namespace of the service's. */
@RequiresCriu
@Tag("soak")
@DisplayName("A disk that fails in a checkpoint")
class FailingDiskIT {

  private static final int WHOLE_IMAGE_KIB = 200 << 10;

  @TempDir Path folder;
  private Path image;
  private Path older;

  @BeforeEach
  void anOlderImage() throws Exception {
    older = Services.checkpointed(Files.createDirectory(folder.resolve("older"))).folder();
    image = Files.createDirectory(folder.resolve("image"));
  }

  /** A service whose image folder has the older image in it, and so much room. */
  private RunningProcess service(long roomKib, Path criu) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                "setsid",
                "unshare",
                "--mount",
                "sh",
                "-c",
                "mount -t tmpfs -o mode=700 tmpfs \"$1\" && cp -a \"$2/.\" \"$1\""
                    + " && mount -o remount,size=$(($(du -sk \"$1\" | cut -f 1) + $3))k \"$1\""
                    // CRIU finds no file that was opened in another mount namespace
                    + " && exec > \"$4\" 2> \"$5\" && shift 5 && exec \"$@\"",
                "sh",
                image.toString(),
                older.toString(),
                Long.toString(roomKib),
                folder.resolve("service.out").toString(),
                folder.resolve("service.err").toString()));
    command.addAll(Services.command(image).property("crac.criu", criu).java());
    RunningProcess service = RunningProcess.start(command, Map.of(), folder, "service");
    service.awaitLine("ready");
    ask(service, "add 7", "sum=7");
    return service;
  }

  private Path criuThatFirst(String does) throws Exception {
    return WorkingCriu.here().except(folder.resolve("criu"), "dump", does);
  }

  private void goesOn(RunningProcess service) throws Exception {
    assertThat(ask(service, "add 1", "sum=8")).isEqualTo("sum=8");
    assertThat(ask(service, "tick", "ticked")).isEqualTo("ticked true");
    assertThat(ask(service, "state", "state")).contains("calls=[-high, -low, +low, +high]");
  }

  /** As the service sees it: the older one, whole, and nothing else. */
  private void theOlderImageIsWhole(RunningProcess service) throws Exception {
    Path seen = Path.of("/proc/" + service.pid() + "/root" + image);
    assertThat(Services.names(seen)).isEqualTo(Image.NAMES);
    assertThat(seen.resolve("manifest.json"))
        .hasSameTextualContentAs(older.resolve("manifest.json"));
    try (RunningProcess check =
        RunningProcess.start(
            List.of(
                "nsenter",
                "--mount",
                "--target",
                Long.toString(service.pid()),
                image.resolve("restore").toString(),
                "--check"),
            Map.of(),
            folder,
            "check")) {
      assertThat(check.awaitExit()).as(check.told()).isZero();
    }
  }

  @ParameterizedTest(name = "{0} KiB free")
  @CsvSource({"0", "4", "40", "400", "4000", "12000"})
  @DisplayName(
      "because it is full refuses it, keeps the older image, and leaves the service serving")
  void full(long roomKib) throws Exception {
    try (RunningProcess service = service(roomKib, WorkingCriu.here().path())) {
      assertThat(ask(service, "checkpoint", "refused"))
          .containsPattern("No space left|cannot be written|could not")
          .containsPattern("Free some space|with room for its memory|has room");
      assertThat(ask(service, "add 1", "sum=8")).isEqualTo("sum=8");
      assertThat(ask(service, "tick", "ticked")).isEqualTo("ticked true");
      theOlderImageIsWhole(service);
      end(service);
    }
  }

  @Test
  @DisplayName("because it takes no more writing half way refuses it, and works when it does again")
  void rightsLost() throws Exception {
    // Root is kept from writing by no permission bits, but by this.
    Path criu = criuThatFirst("chattr +i . criu || exit 9");
    try (RunningProcess service = service(WHOLE_IMAGE_KIB, criu)) {
      assertThat(ask(service, "checkpoint", "refused"))
          .contains("criu dump ended with exit status 1")
          .contains("Run as root, or with the capabilities");
      assertThat(ask(service, "add 1", "sum=8")).isEqualTo("sum=8");
      Path seen = Path.of("/proc/" + service.pid() + "/root" + image);
      try (RunningProcess chattr =
          RunningProcess.start(
              List.of("sh", "-c", "chattr -i \"$1\"/.new-* \"$1\"/.new-*/criu", "sh", seen + ""),
              Map.of(),
              folder,
              "chattr")) {
        assertThat(chattr.awaitExit()).as(chattr.told()).isZero();
      }
      criuThatFirst(":");
      Services.checkpoint(service);
    }
  }

  @Test
  @DisplayName("because the folder was moved away refuses it, and leaves the service serving")
  @Tag("essential")
  void moved() throws Exception {
    Path criu = criuThatFirst("mv '" + image + "'/.new-* '" + image + "/gone'");
    try (RunningProcess service = service(WHOLE_IMAGE_KIB, criu)) {
      assertThat(ask(service, "checkpoint", "refused")).contains("CRIU");
      goesOn(service);
      end(service);
    }
  }
}
