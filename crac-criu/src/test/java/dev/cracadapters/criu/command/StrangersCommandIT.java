/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.criu.command.Commands.Ended;
import dev.cracadapters.criu.testing.OrdinaryUser;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("A command of root's")
class StrangersCommandIT {

  private static final int STRANGER = 4002;
  private static final String HIS = " belongs to user " + STRANGER;

  @TempDir Path folder;

  /** The stranger's. */
  private Path theirs;

  /** Root's own, inside. */
  private Path inside;

  @BeforeEach
  void theirFolder() throws Exception {
    OrdinaryUser.impossible().ifPresent(reason -> assumeTrue(false, reason));
    theirs = Files.createDirectory(folder.resolve("theirs"));
    inside = Files.createDirectory(theirs.resolve("inside"));
    Files.setAttribute(theirs, "unix:uid", STRANGER);
  }

  private Ended refused(String... arguments) throws Exception {
    Ended ended = Commands.run(folder, arguments);
    assertThat(ended.status()).as(ended.told()).isEqualTo(1);
    assertThat(ended.output()).doesNotContain("I work");
    return ended;
  }

  @Tag("essential")
  @Test
  @DisplayName("does not run the restore script of an image that another user could change")
  void check() throws Exception {
    Services.script(inside.resolve("restore"), "#!/bin/sh", "echo I work");
    Path link = Files.createSymbolicLink(folder.resolve("link"), inside);
    for (Path named : List.of(inside, link)) {
      assertThat(refused("check", named.toString()).error())
          .contains(named + ": " + theirs + HIS + ", who could put something else there")
          .contains("Run this as that user, or give it to this one (chown)")
          .contains("verified by the launcher crac-restore --key");
    }
    Path own = Files.createDirectory(folder.resolve("own"));
    Path script = Services.script(own.resolve("restore"), "#!/bin/sh", "echo I work");
    Files.setAttribute(script, "unix:uid", STRANGER);
    assertThat(refused("check", own.toString()).error()).contains(script + HIS);
    Files.setAttribute(script, "unix:uid", 0);
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThat(refused("check", own.toString()).error())
        .contains(script + " may be written by everybody");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.setAttribute(own, "unix:mode", 01777);
    assertThat(refused("check", own.toString()).error())
        .contains(own + " may be written by everybody");
    Files.setAttribute(own, "unix:mode", 0755);
    Ended whole = Commands.run(folder, "check", own.toString());
    assertThat(whole.status()).as(whole.told()).isZero();
    assertThat(whole.output()).contains("I work");
  }

  @Test
  @DisplayName("makes no temporary files where another user could exchange them")
  void temporary() throws Exception {
    String criu = WorkingCriu.here().path().toString();
    for (List<String> arguments :
        List.of(
            List.of("doctor", "--criu", criu, "--try"),
            List.of("doctor", "--install-criu", folder.resolve("criu").toString()))) {
      List<String> words =
          new ArrayList<>(Commands.words(Commands.jar(), arguments.toArray(String[]::new)));
      words.add(1, "-Djava.io.tmpdir=" + inside);
      Ended ended = Commands.run(folder, words);
      assertThat(ended.status()).as(ended.told()).isEqualTo(1);
      assertThat(ended.told())
          .contains("folder for temporary files " + inside + ": " + theirs + HIS)
          .contains("by -Djava.io.tmpdir");
    }
    try (RunningProcess doctor =
        RunningProcess.start(
            Commands.words(Commands.jar(), "doctor", "--criu", criu),
            Map.of("TMPDIR", inside.toString()),
            folder,
            "doctor")) {
      assertThat(doctor.awaitExit()).as(doctor.told()).isEqualTo(1);
      assertThat(doctor.output())
          .contains("temporary files: folder for temporary files " + inside + ": " + theirs + HIS);
    }
    assertThat(inside).isEmptyDirectory();
  }

  @Test
  @DisplayName("brings no CRIU into a folder where another user could exchange it")
  void installation() throws Exception {
    for (Path named : List.of(theirs, inside, inside.resolve("new/criu"))) {
      assertThat(refused("doctor", "--install-criu", named.toString()).error())
          .contains(named + ": " + theirs + HIS);
    }
    Path everybodys = Files.createDirectory(folder.resolve("everybodys"));
    Files.setAttribute(everybodys, "unix:mode", 01777);
    assertThat(refused("doctor", "--install-criu", everybodys.toString()).error())
        .contains(everybodys + " may be written by everybody");
    assertThat(everybodys).isEmptyDirectory();
    assertThat(inside).isEmptyDirectory();
  }

  @Test
  @DisplayName("prints of another user's image no characters by which a terminal is led")
  void inspect() throws Exception {
    Files.createDirectory(inside.resolve("criu"));
    Files.writeString(
        inside.resolve("manifest.json"),
        "{\"format\": 1, \"pid\": 1, \"time\": \"now\", \"imageBytes\": 0,"
            + " \"jdk\": \"\\u001b]0;title\\u0007\", \"resources\": [\"a\\u001b[2Jb\"]}");
    Ended ended = Commands.run(folder, "inspect", inside.toString());
    assertThat(ended.status()).as(ended.told()).isZero();
    assertThat(ended.output()).contains("?]0;title?", "a?[2Jb").doesNotContain("\u001b", "\u0007");
  }

  @Test
  @DisplayName("prints of another user's process none of them either")
  void checkpoint() throws Exception {
    Path file = folder.resolve("a\u001b[2Jb");
    try (RunningProcess service =
        Commands.plain()
            .by("sh", "-c", "exec 7>> \"$0\"; exec \"$@\"", file.toString())
            .start(folder, "service")) {
      service.awaitLine("ready");
      Ended ended =
          refused(
              "checkpoint",
              Long.toString(service.pid()),
              "--image",
              folder.resolve("image").toString(),
              "--criu",
              WorkingCriu.here().path().toString());
      assertThat(ended.error()).contains("a?[2Jb").doesNotContain("\u001b");
    }
  }
}
