/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protection;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.OrdinaryUser;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Attacks on a restore of root's between its look at a name and what it does there. The folder for
 * temporary files is empty, as after a reboot.
 */
@Tag("soak")
@RequiresCriu
@DisplayName("Another user of the machine, in the middle of a restore,")
class StrangersMeanwhileIT {

  private static final String CALL = "call dev.cracadapters.criu.image.TemporaryFilesInUse ";

  /** The last thing that is looked at before the first of the process's files is put back. */
  private static final String LAST_LOOK = "%s %n";

  @TempDir static Path folder;
  private static Path shared;
  private static Path library;
  private static Path nested;
  private static Path log;
  private static Path mapped;
  private static Path documents;
  private static Image image;

  @TempDir Path own;
  private Path commands;
  private Path roots;
  private Path rootsFolder;

  @BeforeAll
  static void takeACheckpoint() throws Exception {
    OrdinaryUser.impossible().ifPresent(reason -> assumeTrue(false, reason));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    shared = Files.createDirectory(folder.resolve("shared-tmp"));
    Files.setAttribute(shared, "unix:mode", 01777);
    // None of the folders that a restore makes anew, but for the file in it.
    Path kept = Files.createDirectory(shared.resolve("crac-checkpoint-kept"));
    Path good = Path.of(System.getProperty("java.home"), "lib/libprefs.so");
    library = Files.copy(good, shared.resolve("lib-1.so"));
    nested = Files.copy(good, kept.resolve("lib-2.so"));
    mapped = Files.write(shared.resolve("mapped"), new byte[] {1, 2, 3, 4});
    log = shared.resolve("app.log");
    Path policies =
        Files.writeString(
            folder.resolve("policies"), "type: file\npath: " + log + "\naction: reopen\n");
    image = new Image(folder.resolve("image"));
    try (RunningProcess original =
        Services.command(
                image.folder(),
                "-Djava.io.tmpdir=" + shared,
                "-Djdk.crac.resource-policies=" + policies)
            .start(folder, "original")) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=");
      ask(original, CALL + "load " + library, "called loaded");
      ask(original, CALL + "load " + nested, "called loaded");
      ask(original, CALL + "map " + mapped, "called mapped");
      ask(original, CALL + "log " + log, "called logs");
      documents = Path.of(ask(original, CALL + "folder docs.", "docs").substring(7));
      Files.delete(mapped);
      checkpoint(original);
    }
  }

  @BeforeEach
  void reboot() throws Exception {
    Stranger.empty(shared);
    Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwxr-xr-x"));
    commands = own.resolve("commands");
    roots = Files.writeString(own.resolve("roots"), "root's own");
    rootsFolder = Files.createDirectories(own.resolve("roots-folder"));
  }

  @AfterEach
  void nothingOfRootsIsTouched() throws Exception {
    assertThat(roots).hasContent("root's own");
    assertThat(Files.getAttribute(roots, "unix:uid")).isEqualTo(0);
    assertThat(rootsFolder).isEmptyDirectory();
    assertThat(Files.getAttribute(rootsFolder, "unix:uid")).isEqualTo(0);
    assertThat(own.resolve("made")).doesNotExist();
    Services.assertNothingLeft(folder);
    Stranger.empty(shared);
    try (RunningProcess service = restored(image, folder, "after")) {
      assertWorks(service);
    }
  }

  private static void assertWorks(RunningProcess service) throws Exception {
    assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
    assertThat(ask(service, CALL + "sum", "called sum")).isEqualTo("called sum of bytes 10");
    end(service);
  }

  private RunningProcess restore() throws Exception {
    return image.restore().environment("PATH", Stranger.path(commands)).start(folder, "attacked");
  }

  private String refusal() throws Exception {
    try (RunningProcess restore = restore()) {
      assertThat(restore.awaitLineOrExit("restored ")).isEmpty();
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      return restore.error();
    }
  }

  /** Makes one of several things at the path that is the shell's {@code $1}. */
  private static String make(String what) {
    return switch (what) {
      case "folder" -> "mkdir \"$1\"; chmod 777 \"$1\"";
      case "link to a file" -> "ln -s \"$2/roots\" \"$1\"";
      case "link to a folder" -> "ln -s \"$2/roots-folder\" \"$1\"";
      case "link to nothing" -> "ln -s \"$2/made\" \"$1\"";
      case "pipe" -> "mkfifo \"$1\"";
      default -> ": > \"$1\"";
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"folder", "link to a folder"})
  @DisplayName("has no folder taken that was made in the place of one of the process's")
  void madeFolder(String what) throws Exception {
    Stranger.actsBefore(commands, "stat", LAST_LOOK, make(what), documents, own);
    assertThat(refusal()).contains(documents + " is another user's, who has made it just now");
    Stranger.assertHasActed(commands, "stat");
    assertThat(Services.names(documents.toRealPath())).isEmpty();
  }

  @Test
  @DisplayName("has nothing written into a folder that was made for a file of the process")
  void madeFolderOfAFile() throws Exception {
    Stranger.actsBefore(commands, "stat", LAST_LOOK, make("folder"), nested.getParent(), own);
    assertThat(refusal())
        .contains(nested.getParent() + " is another user's, who has made it just now");
    Stranger.assertHasActed(commands, "stat");
    assertThat(nested.getParent()).isEmptyDirectory();
  }

  @Tag("essential")
  @Test
  @DisplayName("has nothing of root's overwritten by a file that comes back into such a folder")
  void turnedFile() throws Exception {
    Path kept = nested.getParent();
    Stranger.actsBefore(commands, "mkdir", "-p -- " + kept, make("folder"), kept);
    Stranger.actsBefore(
        commands,
        "cp",
        kept.toString(),
        "for one in \"$1\".*; do mv \"$one\" \"$one.moved\"; ln -s \"$2/roots\" \"$one\"; done",
        nested,
        own);
    assertThat(refusal()).contains(kept + " is another user's, who has made it just now");
    Stranger.assertHasActed(commands, "mkdir");
    assertThat(kept).isEmptyDirectory();
  }

  @Tag("essential")
  @Test
  @DisplayName("has no file moved into a folder that a link at its name leads to")
  void linkAtTheName() throws Exception {
    Stranger.actsBefore(commands, "chmod", library + ".", make("link to a folder"), library, own);
    try (RunningProcess service = restore()) {
      service.awaitLine("restored ");
      assertThat(library).isRegularFile();
      assertWorks(service);
    }
    Stranger.assertHasActed(commands, "chmod");
  }

  @Test
  @DisplayName("gets no file into a folder that was made at its name")
  void folderAtTheName() throws Exception {
    Stranger.actsBefore(commands, "chmod", library + ".", make("folder"), library);
    assertThat(refusal()).contains(library + " is another user's, who has made it just now");
    Stranger.assertHasActed(commands, "chmod");
    assertThat(library).isEmptyDirectory();
    assertThat(Services.names(shared)).noneMatch(name -> name.startsWith("lib-1.so."));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"pipe", "file", "folder", "link to a file", "link to a folder", "link to nothing"})
  @DisplayName("cannot have a policy's file opened elsewhere, nor keep the restore waiting")
  void reopened(String what) throws Exception {
    Stranger.actsBefore(commands, "mktemp", log + ".", make(what), log, own);
    assertThat(refusal())
        .contains("the file " + log + ", which a policy wants reopened, could not be made anew");
    Stranger.assertHasActed(commands, "mktemp");
    assertThat(Services.names(shared)).noneMatch(name -> name.startsWith("app.log."));
    if (what.equals("folder")) {
      assertThat(log).isEmptyDirectory();
    }
  }

  @Tag("essential")
  @ParameterizedTest
  @ValueSource(strings = {"pipe", "file", "link to a file"})
  @DisplayName("cannot have one taken for a policy's file that was not there at the first look")
  void appeared(String what) throws Exception {
    Stranger.actsBefore(commands, "stat", LAST_LOOK, make(what), log, own);
    assertThat(refusal()).contains(log.toString());
    Stranger.assertHasActed(commands, "stat");
    assertThat(Services.names(shared)).noneMatch(name -> name.startsWith("app.log."));
  }

  @Test
  @DisplayName("cannot hide whose a file is by taking it away while that is looked at")
  void vanished() throws Exception {
    Path good = Files.copy(image.folder().resolve("copies/1"), own.resolve("good"));
    Files.setPosixFilePermissions(good, PosixFilePermissions.fromString("rw-r--r--"));
    Stranger.acts(folder, "cp \"$1\" \"$2\"; cp \"$1\" \"$2.own\"", good, library);
    Stranger.actsBefore(commands, "stat", "%u %n", "rm \"$1\"", library);
    Stranger.actsBefore(
        commands,
        "mkdir",
        documents.toString(),
        "echo changed >> \"$1.own\"; mv \"$1.own\" \"$1\"",
        library);
    assertThat(refusal()).contains(library + " is missing");
    Stranger.assertHasActed(commands, "stat");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"link to nothing", "link to a file", "link to a folder", "file", "pipe", "folder"})
  @DisplayName("is not in the way of a file that the process had deleted, nor has another changed")
  void ghosts(String what) throws Exception {
    for (String name : new String[] {"cr_link", "cr.1.ghost", "cr.2.ghost", "cr.3.ghost"}) {
      Stranger.acts(folder, make(what), mapped + "." + name, own);
      if (what.equals("folder")) {
        Stranger.acts(folder, ": > \"$1/within\"", mapped + "." + name);
      }
    }
    try (RunningProcess service = restored(image, folder, "ghosts")) {
      assertWorks(service);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"folder", "link to a file", "link to a folder", "link to nothing", "pipe"})
  @DisplayName("is not in the way of the socket for jcmd, and gets it nowhere else")
  void attachSocket(String what) throws Exception {
    Path socket = Path.of("/tmp/.java_pid" + image.pid());
    Path first = Path.of(socket + ".tmp");
    Stranger.wipe(socket);
    Stranger.acts(folder, make(what), socket, own);
    Stranger.wipe(first);
    Stranger.acts(folder, make(what), first, own);
    try (RunningProcess service = restored(image, folder, "socket")) {
      if (what.equals("folder")) {
        assertThat(socket).isEmptyDirectory();
        assertThat(first).isEmptyDirectory();
      } else {
        assertThat(Files.getAttribute(socket, "unix:mode", LinkOption.NOFOLLOW_LINKS))
            .isEqualTo(0140600);
        assertThat(service.error()).isEmpty();
      }
      assertWorks(service);
    } finally {
      Stranger.wipe(socket);
      Stranger.wipe(first);
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("has no file of root's covered by the socket of a clone")
  void coveredFile() throws Exception {
    Path socket = Path.of("/tmp/.java_pid" + image.pid());
    Stranger.wipe(socket);
    Stranger.acts(folder, make("file"), socket);
    Stranger.actsBefore(
        commands, "mount", " " + socket, "rm \"$1\"; " + make("link to a file"), socket, own);
    try (RunningProcess clone =
        image
            .restore("--clone")
            .environment("PATH", Stranger.path(commands))
            .start(folder, "covered")) {
      clone.awaitLine("restored ");
      long pid = clone.below(image.pid()).orElseThrow();
      assertThat(Files.readString(Path.of("/proc/" + pid + "/mountinfo")))
          .doesNotContain(roots.toString());
      assertThat(clone.error()).contains("jcmd and jstack cannot reach this clone");
      assertWorks(clone);
    } finally {
      Stranger.wipe(socket);
    }
  }
}
