/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What that user may do to root, who restores the process in a folder that everybody may use. */
@Tag("soak")
@RequiresCriu
@DisplayName("An ordinary user whose process root restores")
class RootsFolderIT extends RootlessFixture {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  private Path shared;
  private Path roots;

  @BeforeEach
  void sharedFolder() throws Exception {
    shared = folder.resolve("shared");
    wipe(shared);
    Files.createDirectory(shared);
    Files.setAttribute(shared, "unix:mode", 01777);
    roots = Files.writeString(folder.resolve("roots"), "root's own");
  }

  private static void wipe(Path path) throws IOException {
    if (Files.exists(path)) {
      try (Stream<Path> all = Files.walk(path)) {
        for (Path one : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(one);
        }
      }
    }
  }

  /** What that user's shell says to commands that succeed. */
  private String asTheUser(String commands, Object... arguments) throws Exception {
    List<String> words = new ArrayList<>(List.of(USER.by()));
    words.addAll(List.of("sh", "-c", commands, "user"));
    Stream.of(arguments).map(Object::toString).forEach(words::add);
    try (RunningProcess shell = RunningProcess.start(words, Map.of(), folder, name + "-user")) {
      assertThat(shell.awaitExit()).as(shell.told()).isZero();
      return shell.output();
    }
  }

  @Tag("essential")
  @ParameterizedTest
  @ValueSource(strings = {"--", "--clone"})
  @DisplayName("can exchange, add and read nothing in the restore's folder")
  void folderStaysRoots(String way) throws Exception {
    Path go = folder.resolve("go" + way);
    Path waiting =
        Services.script(
            folder.resolve("criu" + way),
            "#!/bin/sh",
            "while [ ! -e '" + go + "' ] && [ \"$1\" = restore ]; do sleep 0.01; done",
            "exec '" + criu + "' \"$@\"");
    try (RunningProcess service =
        image
            .restore(way)
            .environment("TMPDIR", shared.toString())
            .environment("CRAC_CRIU", waiting.toString())
            .start(folder, name + way)) {
      // The mail is there when all else is.
      List<Path> found = new ArrayList<>();
      assertThat(Deadline.after(LIMIT).await(() -> found.addAll(mailboxes()) || !found.isEmpty()))
          .as(service.told())
          .isTrue();
      Path work = found.get(0).getParent();
      assertThat(Deadline.after(LIMIT).await(() -> Files.size(work.resolve("mailbox")) > 0))
          .isTrue();
      assertThat(
              asTheUser(
                  """
                  cd "$1" || exit
                  for name in restored gone room restore.log; do
                    ! ln -s "$2" "$name" || echo "could link $name"
                  done
                  for name in mailbox events lifeline release criu.err; do
                    ! mv "$name" "$name.moved" || echo "could move $name"
                    ! rm -f "$name" || echo "could remove $name"
                  done 2> /dev/null
                  ! cat mailbox criu.err || echo 'could read'
                  ! ls || echo 'could list'
                  """,
                  work,
                  roots))
          .isEqualTo("");
      assertThat(Files.getAttribute(work, "unix:uid")).isEqualTo(0);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(work)))
          .isEqualTo("rwx--x--x");
      Files.createFile(go);
      service.awaitLine("restored ");
      end(service);
    }
    assertThat(roots).hasContent("root's own");
    assertThat(shared).isEmptyDirectory();
  }

  @Test
  @DisplayName("cannot keep the restore waiting by reading what the process says to it")
  void stolenWords() throws Exception {
    Path target = ofTheUser.resolve("stolen");
    try (RunningProcess original =
        service(target)
            .property("crac.criu.restore-timeout", "5s")
            .by(USER.by(ALL))
            .start(ofTheUser, "stolen")) {
      original.awaitLine("ready");
      Services.checkpoint(original);
    }
    Path go = folder.resolve("go-stolen");
    Path waiting =
        Services.script(
            folder.resolve("criu-stolen"),
            "#!/bin/sh",
            "while [ ! -e '" + go + "' ] && [ \"$1\" = restore ]; do sleep 0.01; done",
            "exec '" + criu + "' \"$@\"");
    try (RunningProcess restore =
        new Image(target)
            .restore()
            .environment("TMPDIR", shared.toString())
            .environment("CRAC_CRIU", waiting.toString())
            .start(folder, name)) {
      List<Path> found = new ArrayList<>();
      assertThat(Deadline.after(LIMIT).await(() -> found.addAll(mailboxes()) || !found.isEmpty()))
          .as(restore.told())
          .isTrue();
      asTheUser(
          """
          for reader in 1 2 3 4 5 6 7 8 9; do
            cat "$1/events" < /dev/null > /dev/null 2>&1 &
          done
          """,
          found.get(0).getParent());
      Files.createFile(go);
      if (restore.awaitLineOrExit("restored ").isPresent()) { // it was the first to read
        end(restore);
      } else {
        assertThat(restore.awaitExit()).isEqualTo(125);
        assertThat(restore.error()).contains("the process was not back in service within 5 s");
      }
    }
    assertThat(shared).isEmptyDirectory();
  }

  /** Where there is one to which something was written. */
  private List<Path> mailboxes() throws IOException {
    try (Stream<Path> all = Files.walk(shared)) {
      return all.filter(one -> one.endsWith("mailbox")).toList();
    } catch (java.io.UncheckedIOException e) {
      return List.of(); // something has gone meanwhile
    }
  }

  @Test
  @DisplayName(
      "has nothing of root's written or removed by what looks like an older restore's rest")
  void plantedLeftovers() throws Exception {
    Path rootsFolder = Files.createDirectory(folder.resolve("roots-folder"));
    Files.writeString(rootsFolder.resolve("one"), "root's own");
    Path commands = Files.createDirectory(folder.resolve("commands"));
    // What asks whether an older restore lives is the first to open its FIFO.
    String swap =
        "for one in '%s'/crac-restore.*; do rm -f \"$one/events\"; ln -s '%s' \"$one/events\"; done"
            .formatted(shared, roots);
    Services.script(
        commands.resolve("timeout"),
        "#!/bin/sh",
        "case $* in *events*) "
            + String.join(" ", USER.withoutPipe())
            + " sh -c \""
            + swap.replace("\"", "\\\"").replace("$", "\\$")
            + "\" ;; esac",
        "PATH=${PATH#*:}",
        "exec timeout \"$@\"");
    asTheUser(
        """
        cd "$1"
        mkdir crac-restore.a && mkfifo crac-restore.a/events && ln -s "$2" crac-restore.a/link
        touch -d '10 minutes ago' crac-restore.a
        ln -s "$2" crac-restore.b
        touch -h -d '10 minutes ago' crac-restore.b
        """,
        shared,
        rootsFolder);
    Path dead = Files.createDirectory(shared.resolve("crac-restore.dead"));
    Files.setLastModifiedTime(
        dead, java.nio.file.attribute.FileTime.from(java.time.Instant.now().minusSeconds(600)));
    try (RunningProcess service =
        image
            .restore()
            .environment("TMPDIR", shared.toString())
            .environment("PATH", commands + ":" + System.getenv("PATH"))
            .start(folder, name)) {
      service.awaitLine("restored ");
      assertThat(Deadline.after(LIMIT).await(() -> Files.notExists(dead))).isTrue();
      end(service);
    }
    assertThat(roots).hasContent("root's own");
    assertThat(rootsFolder.resolve("one")).hasContent("root's own");
    assertThat(Services.names(shared)).containsExactly("crac-restore.a", "crac-restore.b");
  }
}
