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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
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

/** Attacks on a process of root's; {@code /tmp} is the tests' own, and as after a reboot. */
@Tag("soak")
@RequiresCriu
@DisplayName("Another user of the machine")
class StrangersIT {

  private static final String CALL = "call dev.cracadapters.criu.image.TemporaryFilesInUse ";

  @TempDir static Path folder;
  private static Path shared;
  private static Path library;
  private static Path documents;
  private static Image image;

  private final Path counters = Path.of("/tmp/hsperfdata_" + System.getProperty("user.name"));

  @BeforeAll
  static void takeACheckpoint() throws Exception {
    OrdinaryUser.impossible().ifPresent(reason -> assumeTrue(false, reason));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    shared = Files.createDirectory(folder.resolve("shared-tmp"));
    Files.setAttribute(shared, "unix:mode", 01777);
    library =
        Files.copy(
            Path.of(System.getProperty("java.home"), "lib/libprefs.so"),
            shared.resolve("lib-1.so"));
    image = new Image(folder.resolve("image"));
    try (RunningProcess original =
        Services.command(image.folder(), "-Djava.io.tmpdir=" + shared).start(folder, "original")) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=");
      ask(original, CALL + "load " + library, "called loaded");
      documents = Path.of(ask(original, CALL + "folder docs.", "docs").substring(7));
      checkpoint(original);
    }
  }

  @BeforeEach
  void reboot() throws IOException {
    Stranger.wipe(counters);
    Stranger.empty(shared);
  }

  @AfterEach
  void itStillRestores() throws Exception {
    Services.assertNothingLeft(folder);
    reboot();
    try (RunningProcess service = restored(image, folder, "after")) {
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
    }
  }

  private static String refusal() throws Exception {
    try (RunningProcess restore = image.restore().start(folder, "refused")) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      return restore.error();
    }
  }

  @Tag("essential")
  @ParameterizedTest
  @ValueSource(strings = {"links", "folder", "link", "writable"})
  @DisplayName("has nothing of root's written or given away by the JVM's counters")
  void counters(String how) throws Exception {
    Path roots = Files.writeString(folder.resolve("roots-" + how), "root's own");
    Path rootsFolder = Files.createDirectory(folder.resolve("folder-" + how));
    String restore = "restore-" + image.pid();
    switch (how) {
      case "links" ->
          Stranger.acts(
              folder,
              "mkdir -p \"$1/$2\" && ln -s \"$3\" \"$1/$2/perfdata\"",
              counters,
              restore,
              roots);
      case "folder" ->
          Stranger.acts(
              folder, "mkdir \"$1\" && ln -s \"$3\" \"$1/$2\"", counters, restore, rootsFolder);
      case "link" -> Stranger.acts(folder, "ln -s \"$2\" \"$1\"", counters, rootsFolder);
      default -> {
        Files.createDirectory(counters);
        Files.setPosixFilePermissions(counters, PosixFilePermissions.fromString("rwxrwxrwx"));
      }
    }
    try (RunningProcess service = restored(image, folder, "restored-" + how)) {
      assertThat(service.error()).contains("restore: jps will not list this process: " + counters);
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
    }
    assertThat(roots).hasContent("root's own");
    assertThat(Files.getAttribute(roots, "unix:uid")).isEqualTo(0);
    assertThat(rootsFolder).isEmptyDirectory();
    assertThat(Files.getAttribute(rootsFolder, "unix:uid")).isEqualTo(0);
    if (!how.equals("link")) {
      assertThat(Services.names(counters)).allMatch(restore::equals);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"folder", "link", "writable"})
  @DisplayName("has nothing of root's written by the counters of a clone")
  void countersOfAClone(String how) throws Exception {
    Path rootsFolder = Files.createDirectory(folder.resolve("clone-" + how));
    switch (how) {
      case "folder" -> Stranger.acts(folder, "mkdir \"$1\"", counters);
      case "link" -> Stranger.acts(folder, "ln -s \"$2\" \"$1\"", counters, rootsFolder);
      default -> {
        Files.createDirectory(counters);
        Files.setPosixFilePermissions(counters, PosixFilePermissions.fromString("rwxrwxrwx"));
      }
    }
    boolean removed = how.equals("link"); // root may: it is a name in /tmp, and nothing else
    try (RunningProcess service = restored(image, folder, "clone-of-" + how, "--clone")) {
      if (!removed) {
        assertThat(service.error())
            .containsOnlyOnce("restore: jps will not list this process: " + counters);
      }
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      long pid = service.below(image.pid()).orElseThrow();
      assertThat(Files.readString(Path.of("/proc/" + pid + "/mountinfo")).contains(counters + " "))
          .isEqualTo(removed);
      if (!removed) {
        assertThat(counters).isEmptyDirectory();
      }
      end(service);
    }
    assertThat(rootsFolder).isEmptyDirectory();
  }

  @Test
  @DisplayName("has nothing put into a folder for counters by a clone")
  void countersOfAClone() throws Exception {
    Stranger.acts(folder, "mkdir -m 777 \"$1\"", counters);
    try (RunningProcess clone = restored(image, folder, "clone", "--clone")) {
      assertThat(clone.error()).contains("restore: jps will not list this process: " + counters);
      assertThat(counters).isEmptyDirectory();
      assertThat(ask(clone, "add 1", "sum=")).isEqualTo("sum=42");
      end(clone);
    }
    assertThat(counters).isEmptyDirectory();
  }

  @Test
  @DisplayName("may be in the way of the counters, and the process is checkpointed again")
  void withoutCounters() throws Exception {
    Path next = folder.resolve("next");
    Stranger.acts(folder, "mkdir \"$1\"", counters);
    try (RunningProcess service = restored(image, folder, "without", "-Dcrac.image=" + next)) {
      service.send("image " + next);
      service.awaitLine("imaged");
      end(service);
    }
    Stranger.wipe(counters);
    try (RunningProcess service = restored(new Image(next), folder, "next")) {
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("has no library of that user's own run in the process, nor one that was altered")
  void library() throws Exception {
    Path good = Path.of(System.getProperty("java.home"), "lib/libprefs.so");
    FileTime time = Files.getLastModifiedTime(image.folder().resolve("copies/1"));
    Stranger.acts(
        folder,
        "cp \"$1\" \"$2\" && printf X | dd of=\"$2\" bs=1 seek=5000 conv=notrunc 2> /dev/null"
            + " && touch -r \"$3\" \"$2\" && chmod 755 \"$2\"",
        Files.copy(good, folder.resolve("good"), java.nio.file.StandardCopyOption.REPLACE_EXISTING),
        library,
        timed(time));
    assertThat(refusal()).contains(library + " belongs to user 4002");
    // Even if root owned it, as through a hard link of old.
    Files.setAttribute(library, "unix:uid", 0, LinkOption.NOFOLLOW_LINKS);
    Files.setLastModifiedTime(library, time);
    assertThat(refusal()).contains(library + " has changed: it has other content");
    Files.delete(library);
    Stranger.acts(folder, "ln -s \"$1\" \"$2\"", good, library);
    assertThat(refusal()).contains(library + " belongs to user 4002");
    Files.delete(library);
  }

  /** A file of the time that the library had, which everybody can read. */
  private static Path timed(FileTime time) throws IOException {
    Path file = folder.resolve("time");
    if (Files.notExists(file)) {
      Files.createFile(file);
    }
    return Files.setLastModifiedTime(file, time);
  }

  @Test
  @DisplayName("has no folder of that user's own taken for the process's")
  void temporaryFolder() throws Exception {
    Stranger.acts(folder, "mkdir \"$1\"", documents);
    assertThat(refusal()).contains(documents + " belongs to user 4002");
    Files.delete(documents);
    Stranger.acts(folder, "ln -s / \"$1\"", documents);
    assertThat(refusal()).contains(documents + " belongs to user 4002");
    Files.delete(documents);
  }

  @Test
  @DisplayName("has no folder mapped into the process by --map")
  void mapped() throws Exception {
    Path theirs = shared.resolve("theirs");
    Stranger.acts(folder, "mkdir \"$1\"", theirs);
    try (RunningProcess restore =
        image.restore("--map", "/opt/data=" + theirs).start(folder, "map")) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.error()).contains(theirs + " belongs to user 4002");
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("gets no image of root's into a folder that only that user could change")
  void imageFolder() throws Exception {
    Path theirs = shared.resolve("images");
    Stranger.acts(folder, "mkdir \"$1\" && chmod 777 \"$1\"", theirs);
    Path target = theirs.resolve("image");
    try (RunningProcess service = Services.command(target).start(folder, "service")) {
      service.awaitLine("ready");
      assertThat(ask(service, "checkpoint", "refused"))
          .contains("image folder " + target + ": " + theirs + " belongs to user 4002")
          .contains("Name a folder that, like all above it, is this user's or root's");
      assertThat(ask(service, "state", "state")).contains("calls=[]");
      end(service);
    }
    assertThat(theirs).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(strings = {"file", "folder"})
  @DisplayName("has no file copied, and given back later, whose name that user could turn")
  void copied(String what) throws Exception {
    Path file = shared.resolve("theirs");
    if (what.equals("file")) {
      Stranger.acts(folder, "echo theirs > \"$1\" && chmod 644 \"$1\"", file);
    } else {
      Stranger.acts(folder, "mkdir -m 755 \"$1\"", file);
      file = Files.writeString(file.resolve("roots"), "root's own");
    }
    Image next = new Image(folder.resolve("copied-" + what));
    try (RunningProcess service =
        Services.command(next.folder(), "-Djava.io.tmpdir=" + shared).start(folder, "opens")) {
      service.awaitLine("ready");
      ask(service, CALL + "open " + file, "called");
      checkpoint(service);
    }
    assertThat(next.folder().resolve("copies")).doesNotExist();
    reboot();
    try (RunningProcess restore = next.restore().start(folder, "copied")) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.error()).contains(file + " is missing");
    }
    assertThat(shared).isEmptyDirectory();
  }

  @Test
  @DisplayName("can read nothing of an image in a folder that others may read, which stays so")
  void readable() throws Exception {
    Path open = Files.createDirectory(folder.resolve("open"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.createDirectory(open.resolve("lost+found"));
    try (RunningProcess service =
        Services.command(open, "-Djava.io.tmpdir=" + shared).start(folder, "service")) {
      service.awaitLine("ready");
      checkpoint(service);
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(open)))
        .isEqualTo("rwxr-xr-x");
    for (String name : Services.names(open)) {
      if (!name.equals("lost+found")) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(open.resolve(name))))
            .as(name)
            .endsWith("------");
      }
    }
    Stranger.acts(
        folder, "! cat \"$1/manifest.json\" 2> /dev/null && ! ls \"$1/criu\" 2> /dev/null", open);
  }
}
