/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protection;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.criu.testing.Exchanging;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.OrdinaryUser;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** To open a FIFO that nobody writes or reads lasts for ever. {@code /tmp} is the tests' own. */
@Tag("soak")
@RequiresCriu
@DisplayName("A restore does not wait for another user of the machine, who puts a FIFO")
class FifosIT {

  private static final OrdinaryUser STRANGER = new OrdinaryUser(4002);
  private static final int CLONES = 8;

  @TempDir static Path folder;
  private static Path shared;
  private static Path library;
  private static Path theirs;
  private static Image image;

  @BeforeAll
  static void takeACheckpoint() throws Exception {
    OrdinaryUser.impossible().ifPresent(reason -> assumeTrue(false, reason));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    shared = Files.createDirectory(folder.resolve("shared-tmp"));
    Files.setAttribute(shared, "unix:mode", 01777);
    library =
        Files.copy(
            Path.of(System.getProperty("java.home"), "lib/libprefs.so"), shared.resolve("lib.so"));
    image = new Image(folder.resolve("image"));
    try (RunningProcess original =
        Services.command(image.folder(), "-Djava.io.tmpdir=" + shared).start(folder, "original")) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=");
      ask(
          original,
          "call dev.cracadapters.criu.image.TemporaryFilesInUse load " + library,
          "called loaded");
      checkpoint(original);
    }
    theirs = Path.of("/tmp/theirs");
    Files.createDirectory(theirs);
    Path fifo = theirs.resolve("fifo");
    assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
    STRANGER.give(theirs);
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  private static RunningProcess stranger(String... arguments) throws Exception {
    RunningProcess stranger =
        JvmCommand.ofMainClass(Exchanging.class.getName())
            .forEveryone()
            .by(STRANGER.by())
            .arguments(arguments)
            .start(folder, "stranger");
    stranger.awaitLine("exchanging");
    return stranger;
  }

  @Tag("essential")
  @Test
  @DisplayName("at the name of the socket by which tools reach a clone")
  void attachSocket() throws Exception {
    String name = "/tmp/.java_pid" + image.pid();
    try (RunningProcess stranger = stranger("appear", name, theirs + "/fifo")) {
      for (int turn = 0; turn < CLONES; turn++) {
        try (RunningProcess clone = restored(image, folder, "clone" + turn, "--clone")) {
          end(clone);
        }
      }
      assertThat(stranger.isAlive()).isTrue();
    }
    Files.deleteIfExists(Path.of(name));
  }

  @Test
  @DisplayName("at the name by which jps lists a clone, in a folder that is that user's")
  void listedName() throws Exception {
    Path counters = Path.of("/tmp/hsperfdata_" + System.getProperty("user.name"));
    Services.discard(counters);
    Files.createDirectory(counters);
    STRANGER.give(counters);
    try {
      for (int turn = 0; turn < CLONES; turn++) {
        try (RunningProcess stranger =
                stranger("pid", counters.toString(), theirs + "/fifo", Long.toString(image.pid()));
            RunningProcess clone = restored(image, folder, "listed" + turn, "--clone")) {
          end(clone);
          Services.assertNothingLeft(folder);
          assertThat(stranger.isAlive()).isTrue();
        }
      }
    } finally {
      Services.discard(counters);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cksum", "sha256sum"})
  @DisplayName("in place of a file of the process's, as its content is to be compared by")
  void content(String command) throws Exception {
    Path commands = Files.createDirectory(folder.resolve("commands-" + command));
    Services.script(
        commands.resolve(command),
        "#!/bin/sh",
        "PATH=${PATH#*:}",
        "case $* in *'" + library + "'*)",
        "  rm -f '" + library + "'; mkfifo '" + library + "' ;;",
        "esac",
        "exec " + command + " \"$@\"");
    // Of another time than the checkpoint saw: its checksum has to tell.
    FileTime time =
        command.equals("cksum")
            ? FileTime.fromMillis(0)
            : Files.getLastModifiedTime(image.folder().resolve("copies/1"));
    Files.deleteIfExists(library);
    Files.copy(image.folder().resolve("copies/1"), library);
    Files.setAttribute(library, "unix:uid", 4002, LinkOption.NOFOLLOW_LINKS);
    Files.setLastModifiedTime(library, time);
    image.edit(text -> text.replaceFirst("limit_seconds='?\\d+'?", "limit_seconds=5"));
    try (RunningProcess restore =
        image
            .restore()
            .environment("PATH", commands + ":" + System.getenv("PATH"))
            .start(folder, "content-" + command)) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.error())
          .contains(library + " could not be read within 5 s: it is no file any more, or its file");
    } finally {
      image.edit(text -> text.replaceFirst("limit_seconds=5", "limit_seconds=60"));
      Files.deleteIfExists(library);
    }
    try (RunningProcess service = restored(image, folder, "after-" + command)) {
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
    }
  }
}
