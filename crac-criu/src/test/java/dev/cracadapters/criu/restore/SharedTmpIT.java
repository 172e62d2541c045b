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
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The folder of each test lies below {@code /tmp}, or whatever is the one for temporary files. */
@Tag("soak")
@RequiresCriu
@DisplayName("Below /tmp, clones")
class SharedTmpIT {

  private static final int LINES = 200;
  private static final String CALL = "call " + BelowTmp.class.getName() + ' ';

  @TempDir static Path folder;
  private static Image image;
  private static Path base;
  private static Path library;

  @BeforeAll
  static void takeACheckpoint() throws Exception {
    base = folder.resolve("tomcat.8080 base");
    library = folder.resolve("extracted.so");
    Path target = folder.resolve("image");
    try (RunningProcess original = Services.command(target).start(folder, "original")) {
      original.awaitLine("ready");
      ask(original, CALL + "folder " + base, "called made");
      Files.writeString(base.resolve("kept"), "by the original");
      ask(original, CALL + "file " + library + " code", "called made");
      Services.checkpoint(original);
    }
    image = new Image(target);
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
    assertThat(Path.of("/tmp/.java_pid" + image.pid())).doesNotExist();
    assertThat(Services.names(Path.of("/tmp"))).noneMatch(name -> name.startsWith(".java_pidx"));
  }

  @Tag("essential")
  @Test
  @DisplayName("write to the machine's files: a log has every event of all who wrote to it")
  void logs() throws Exception {
    Path common = folder.resolve("common.log");
    try (RunningProcess first = restored(image, folder, "first", "--clone");
        RunningProcess second = restored(image, folder, "second", "--clone")) {
      List<RunningProcess> clones = List.of(first, second);
      for (RunningProcess clone : clones) {
        String name = clone == first ? "first" : "second";
        clone.send(CALL + "logMany " + common + ' ' + name + ' ' + LINES);
        clone.send(CALL + "logMany " + folder.resolve(name + ".log") + ' ' + name + ' ' + LINES);
      }
      for (RunningProcess clone : clones) {
        clone.awaitLine("called logged");
        clone.awaitLine("called logged");
        end(clone);
      }
    }
    for (String name : List.of("first", "second")) {
      assertThat(folder.resolve(name + ".log")).hasContent(BelowTmp.many(name, LINES));
      assertThat(Files.readAllLines(common).stream().filter(line -> line.startsWith(name + '-')))
          .hasSize(LINES);
    }
    assertThat(Files.readAllLines(common)).hasSize(2 * LINES);
  }

  @Test
  @DisplayName("leave what they have written, and see what the machine and others write")
  void uploads() throws Exception {
    Path upload = folder.resolve("upload.bin");
    try (RunningProcess first = restored(image, folder, "uploads1", "--clone");
        RunningProcess second = restored(image, folder, "uploads2", "--clone")) {
      ask(first, CALL + "write " + upload + " content", "called wrote");
      ask(second, CALL + "read " + upload, "called read content");
      Files.writeString(upload, "newer");
      ask(first, CALL + "read " + upload, "called read newer");
      end(first);
      end(second);
    }
    assertThat(upload).hasContent("newer");
  }

  @Test
  @DisplayName("have what the process deletes at its end each for themselves, as they found it")
  void deletedAtExit() throws Exception {
    try (RunningProcess first = restored(image, folder, "deleted1", "--clone");
        RunningProcess second = restored(image, folder, "deleted2", "--clone")) {
      for (RunningProcess clone : List.of(first, second)) {
        String name = clone == first ? "first" : "second";
        ask(clone, CALL + "list " + base, "called listed [kept]");
        ask(clone, CALL + "write " + base + "/upload_1 " + name, "called");
        ask(clone, CALL + "write " + library + ' ' + name, "called");
      }
      end(first);
      ask(second, CALL + "read " + library, "called read second");
      ask(second, CALL + "list " + base, "called listed [kept, upload_1]");
      end(second);
    }
    assertThat(Services.names(base)).containsExactly("kept");
    assertThat(library).hasContent("code");
  }

  @Test
  @DisplayName("refuse a checkpoint into a folder of their own, which ends with them")
  void lostImage() throws Exception {
    try (RunningProcess clone = restored(image, folder, "lost", "--clone")) {
      assertThat(ask(clone, "image " + base + "/image", "refused"))
          .contains("it is in a folder of this clone's own")
          .contains("Name a folder that the process does not delete at its end");
      assertThat(ask(clone, "add 1", "sum=")).isEqualTo("sum=1");
      end(clone);
    }
  }

  @Test
  @DisplayName(
      "remove what others have left that ended with the machine, and nothing of living ones")
  void leftByOthers() throws Exception {
    FileTime longAgo = FileTime.from(Instant.now().minusSeconds(600));
    Path dead = Files.createDirectory(folder.resolve("crac-clone.dead 1"));
    Path socket = Files.createFile(Path.of("/tmp/.java_pidx0dead"));
    Files.createFile(dead.resolve("kept"));
    Files.writeString(dead.resolve("attach"), socket + "\n");
    Files.setLastModifiedTime(dead, longAgo);
    try (RunningProcess first = restored(image, folder, "left1", "--clone")) {
      assertThat(dead).doesNotExist();
      assertThat(socket).doesNotExist();
      Path living =
          folder.resolve(
              Services.names(folder).stream()
                  .filter(name -> name.startsWith("crac-clone"))
                  .findFirst()
                  .orElseThrow());
      Files.setLastModifiedTime(living, longAgo);
      try (RunningProcess second = restored(image, folder, "left2", "--clone")) {
        assertThat(living.resolve("attach")).exists();
        end(second);
      }
      end(first);
    }
  }

  @Test
  @DisplayName("leave nothing of their own when they are killed")
  void killed() throws Exception {
    try (RunningProcess clone = restored(image, folder, "killed", "--clone")) {
      clone.signal("KILL");
      assertThat(clone.awaitExit()).as(clone.told()).isEqualTo(137);
    }
  }
}
