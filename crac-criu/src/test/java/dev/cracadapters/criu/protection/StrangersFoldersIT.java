/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protection;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.restore.BelowTmp;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.OrdinaryUser;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Folders of a process of root's, in a folder for temporary files that is empty by then, as after a
 * reboot, and in which the process has nothing open.
 */
@Tag("soak")
@RequiresCriu
@DisplayName("Another user of the machine, who makes a folder that the process had,")
class StrangersFoldersIT {

  private static final String CALL = "call dev.cracadapters.criu.image.TemporaryFilesInUse ";

  @TempDir Path folder;
  private Path shared;
  private Image image;

  @BeforeEach
  void openToAll() throws Exception {
    OrdinaryUser.impossible().ifPresent(reason -> assumeTrue(false, reason));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    shared = Files.createDirectory(folder.resolve("shared-tmp"));
    Files.setAttribute(shared, "unix:mode", 01777);
    image = new Image(folder.resolve("image"));
  }

  private RunningProcess service() throws Exception {
    return service("-Djava.io.tmpdir=" + shared);
  }

  private RunningProcess service(String option) throws Exception {
    RunningProcess service = Services.command(image.folder(), option).start(folder, "original");
    service.awaitLine("ready");
    ask(service, "add 41", "sum=");
    return service;
  }

  @AfterEach
  void itStillRestores() throws Exception {
    Services.assertNothingLeft(folder);
    Stranger.empty(shared);
    try (RunningProcess service = restored(image, folder, "after")) {
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
    }
  }

  private void assertRefused(Path theirs, String... options) throws Exception {
    try (RunningProcess restore = image.restore(options).start(folder, "refused")) {
      assertThat(restore.awaitLineOrExit("restored ")).as(restore.told()).isEmpty();
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.error()).contains(theirs + " belongs to user 4002");
    }
  }

  private static void make(Path folder, Path at, String what, Path elsewhere) throws Exception {
    Stranger.acts(
        folder,
        what.equals("folder") ? "mkdir \"$1\" && chmod 777 \"$1\"" : "ln -s \"$2\" \"$1\"",
        at,
        elsewhere);
  }

  @Tag("essential")
  @ParameterizedTest
  @ValueSource(strings = {"folder", "link"})
  @DisplayName("has none taken that the process only knows by its name")
  void known(String what) throws Exception {
    Path documents;
    try (RunningProcess service = service()) {
      documents = Path.of(ask(service, CALL + "folder docs.", "docs").substring(7));
      checkpoint(service);
    }
    Stranger.empty(shared);
    make(folder, documents, what, Files.createDirectory(folder.resolve("roots")));
    assertRefused(documents);
  }

  @Tag("essential")
  @ParameterizedTest
  @ValueSource(strings = {"folder", "link"})
  @DisplayName("has none taken in which a file was that the process had deleted")
  void ofADeletedFile(String what) throws Exception {
    Path gone = Files.createDirectory(shared.resolve("natives"));
    Path library =
        Files.copy(
            Path.of(System.getProperty("java.home"), "lib/libprefs.so"), gone.resolve("lib-1.so"));
    try (RunningProcess service = service()) {
      ask(service, CALL + "load " + library, "called loaded");
      Stranger.empty(shared);
      checkpoint(service);
    }
    make(folder, gone, what, Files.createDirectory(folder.resolve("roots")));
    assertRefused(gone);
  }

  @Test
  @DisplayName("cannot make that one in the middle of a restore, which makes it for a moment")
  void meanwhile() throws Exception {
    Path gone = Files.createDirectories(shared.resolve("natives/of-this"));
    Path library =
        Files.copy(
            Path.of(System.getProperty("java.home"), "lib/libprefs.so"), gone.resolve("lib-1.so"));
    try (RunningProcess service = service()) {
      ask(service, CALL + "load " + library, "called loaded");
      Stranger.empty(shared);
      checkpoint(service);
    }
    Path above = gone.getParent();
    Path commands = folder.resolve("commands");
    Stranger.actsBefore(
        commands, "mkdir", "-- " + above, "mkdir \"$1\" && chmod 777 \"$1\"", above);
    try (RunningProcess restore =
        image
            .restore("--clone")
            .environment("PATH", Stranger.path(commands))
            .start(folder, "refused")) {
      assertThat(restore.awaitLineOrExit("restored ")).as(restore.told()).isEmpty();
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.error()).contains(above + " is another user's, who has made it just now");
    }
    Stranger.assertHasActed(commands, "mkdir");
    assertThat(above).isEmptyDirectory();
    Stranger.empty(shared);
    try (RunningProcess clone = restored(image, folder, "clone", "--clone")) {
      Deadline.after(Duration.ofSeconds(20)).await(() -> Services.names(shared).isEmpty());
      assertThat(shared).isEmptyDirectory();
      end(clone);
    }
  }

  /** In {@code /tmp} itself, of which CRIU needs nothing, so that it is started early. */
  @Tag("essential")
  @ParameterizedTest
  @ValueSource(strings = {"folder", "link"})
  @DisplayName("gets nothing made in one of between the look at its name and CRIU's start")
  void justBefore(String what) throws Exception {
    Path documents;
    try (RunningProcess service = service("-Djava.io.tmpdir=/tmp")) {
      documents = Path.of(ask(service, CALL + "folder docs.", "docs").substring(7));
      // As those in it: they are made by one command.
      Files.setPosixFilePermissions(documents, PosixFilePermissions.fromString("rwxr-xr-x"));
      checkpoint(service);
    }
    Stranger.wipe(documents);
    Path roots = Files.createDirectory(folder.resolve("roots"));
    Path commands = folder.resolve("commands");
    Stranger.actsBefore(
        commands,
        "mkdir",
        "-m 755",
        what.equals("folder") ? "mkdir \"$1\" && chmod 777 \"$1\"" : "ln -s \"$2\" \"$1\"",
        documents,
        roots);
    try {
      assertRefusedMeanwhile(documents, commands);
      Stranger.assertHasActed(commands, "mkdir");
      assertThat(roots).isEmptyDirectory();
      assertThat(documents).isEmptyDirectory();
    } finally {
      Stranger.wipe(documents);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  @DisplayName("gets nothing made where a link leads that is above a folder of root's")
  void above(boolean early) throws Exception {
    Path temporary = early ? Path.of("/tmp") : shared;
    Path above = Files.createDirectory(temporary.resolve("another-users"));
    Path known = Files.createDirectory(above.resolve("of-root"));
    try {
      Files.setAttribute(above, "unix:uid", 4003);
      try (RunningProcess service = service("-Djava.io.tmpdir=" + temporary)) {
        ask(service, "call " + BelowTmp.class.getName() + " folder " + known, "called");
        checkpoint(service);
      }
      assertThat(Files.readString(image.folder().resolve("restore"))).contains("0:0 " + known);
      Stranger.wipe(above);
      Path roots = Files.createDirectory(folder.resolve("roots"));
      Stranger.acts(folder, "ln -s \"$2\" \"$1\"", above, roots);
      assertRefusedMeanwhile(above, folder.resolve("no-commands"));
      assertThat(roots).isEmptyDirectory();
    } finally {
      Stranger.wipe(above);
    }
  }

  private void assertRefusedMeanwhile(Path theirs, Path commands) throws Exception {
    try (RunningProcess restore =
        image.restore().environment("PATH", Stranger.path(commands)).start(folder, "refused")) {
      assertThat(restore.awaitLineOrExit("restored ")).as(restore.told()).isEmpty();
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.error()).contains(theirs.toString(), "user");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"file", "folder"})
  @DisplayName("has nothing copied for a clone that the process would delete at its end")
  void deletedAtExit(String what) throws Exception {
    Path theirs = shared.resolve("at-exit");
    String call = "call dev.cracadapters.criu.restore.BelowTmp ";
    try (RunningProcess service = service()) {
      ask(service, call + "file " + theirs + " own", "called made");
      checkpoint(service);
    }
    Stranger.empty(shared);
    Stranger.acts(
        folder,
        what.equals("folder") ? "mkdir -m 755 \"$1\"" : "echo theirs > \"$1\"; chmod 644 \"$1\"",
        theirs);
    try (RunningProcess clone = restored(image, folder, "clone", "--clone")) {
      assertThat(clone.error()).contains(theirs + " is another user's");
      long pid = clone.below(image.pid()).orElseThrow();
      assertThat(Files.readString(Path.of("/proc/" + pid + "/mountinfo")))
          .doesNotContain(theirs.toString());
      end(clone);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"folder", "link", "pipe"})
  @DisplayName("has nothing mounted there that --map was to mount in a new one's place")
  void mountPoint(String what) throws Exception {
    try (RunningProcess service = service()) {
      checkpoint(service);
    }
    Path old = shared.resolve("data");
    Path elsewhere = Files.createDirectory(folder.resolve("roots"));
    Path fresh =
        what.equals("pipe")
            ? Files.writeString(folder.resolve("new"), "root's own")
            : Files.createDirectory(folder.resolve("new"));
    Path commands = folder.resolve("commands");
    String makes =
        switch (what) {
          case "folder" -> "mkdir \"$1\" && chmod 777 \"$1\"";
          case "link" -> "ln -s \"$2\" \"$1\"";
          default -> "mkfifo \"$1\"";
        };
    // The look at what lies above all that the process needs comes after that at the map.
    Stranger.actsBefore(commands, "stat", "-L -c %a %n", makes, old, elsewhere);
    try (RunningProcess restore =
        image
            .restore("--map", old + "=" + fresh)
            .environment("PATH", Stranger.path(commands))
            .start(folder, "refused")) {
      assertThat(restore.awaitLineOrExit("restored ")).as(restore.told()).isEmpty();
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.error()).contains("--map " + old + "=" + fresh, "user 4002");
    }
    Stranger.assertHasActed(commands, "stat");
    Stranger.empty(shared);
    try (RunningProcess service = restored(image, folder, "map", "--map", old + "=" + fresh)) {
      end(service);
    }
    assertThat(Files.getAttribute(old, "unix:uid")).isEqualTo(0);
  }

  @Test
  @DisplayName("gets no socket of the process's bound in it")
  void ofASocket() throws Exception {
    Path other = Files.createDirectory(folder.resolve("other"));
    Files.setAttribute(other, "unix:mode", 01777);
    Path socket = Files.createDirectory(other.resolve("app")).resolve("socket");
    Path policies =
        Files.writeString(
            folder.resolve("policies"),
            "type: socket\nfamily: unix\nlocalPath: %s\naction: reopen\n".formatted(socket));
    try (RunningProcess service =
        Services.command(
                image.folder(),
                "-Djava.io.tmpdir=" + shared,
                "-Djdk.crac.resource-policies=" + policies)
            .start(folder, "original")) {
      service.awaitLine("ready");
      ask(service, "add 41", "sum=");
      ask(service, CALL + "listen " + socket, "called listens");
      checkpoint(service);
    }
    Stranger.empty(other);
    Stranger.acts(folder, "mkdir -m 777 \"$1\"", socket.getParent());
    assertRefused(socket.getParent());
    assertThat(socket.getParent()).isEmptyDirectory();
    Stranger.empty(other);
    Files.createDirectory(socket.getParent());
  }
}
