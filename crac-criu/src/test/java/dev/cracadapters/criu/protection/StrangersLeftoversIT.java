/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protection;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.OrdinaryUser;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What root's restores remove where somebody else has made what looks like an older one's. */
@Tag("soak")
@RequiresCriu
@DisplayName("What another user of the machine has made to look like what a restore left")
class StrangersLeftoversIT {

  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final String[] OF_ROOTS = {".java_pidx1", "crac-restore.1/one", "restore-1/one"};

  @TempDir static Path folder;
  private static Image image;

  private Path shared;
  private Path roots;

  @BeforeAll
  static void takeACheckpoint() throws Exception {
    OrdinaryUser.impossible().ifPresent(reason -> assumeTrue(false, reason));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    image = Services.checkpointed(folder);
  }

  @BeforeEach
  void somethingOfRoots() throws Exception {
    shared = folder.resolve("shared");
    roots = folder.resolve("roots");
    Stranger.wipe(shared);
    Stranger.wipe(roots);
    Files.createDirectory(shared);
    Files.setAttribute(shared, "unix:mode", 01777);
    for (String one : OF_ROOTS) {
      Files.createDirectories(roots.resolve(one).getParent());
      Files.writeString(roots.resolve(one), "root's own");
      age(roots.resolve(one).getParent());
    }
  }

  @AfterEach
  void nothingOfRootsIsTouched() throws Exception {
    for (String one : OF_ROOTS) {
      assertThat(roots.resolve(one)).hasContent("root's own");
    }
    Services.assertNothingLeft(folder);
  }

  private static void age(Path path) throws Exception {
    Files.setLastModifiedTime(path, FileTime.from(Instant.now().minus(Duration.ofMinutes(10))));
  }

  /** Restores, and waits until what root's own dead restore has left is gone. */
  private void restore(Path dead, String... options) throws Exception {
    try (RunningProcess service =
        image.restore(options).environment("TMPDIR", shared.toString()).start(folder, "restored")) {
      service.awaitLine("restored ");
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      assertThat(Deadline.after(LIMIT).await(() -> Files.notExists(dead))).isTrue();
      end(service);
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("of a clone: it stays, and nothing that it names is removed; root's own goes")
  void clones() throws Exception {
    Stranger.acts(
        folder,
        """
        cd "$1"
        ln -s nowhere crac-clone.0
        mkdir crac-clone.a; : > crac-clone.a/kept
        echo "$2/.java_pidx1" > crac-clone.a/attach; echo "$2/crac-restore.1" > crac-clone.a/work
        mkdir crac-clone.b; mkfifo crac-clone.b/attach crac-clone.b/asked; ln -s "$2" crac-clone.b/link
        ln -s "$2" crac-clone.c
        touch -h -d '10 minutes ago' crac-clone.*
        """,
        shared,
        roots);
    Path dead = Files.createDirectory(shared.resolve("crac-clone.dead"));
    age(Files.createFile(dead.resolve("kept")));
    age(dead);
    restore(dead, "--clone");
    assertThat(Services.names(shared))
        .containsExactly("crac-clone.0", "crac-clone.a", "crac-clone.b", "crac-clone.c");
    assertThat(shared.resolve("crac-clone.a/attach")).exists();
    assertThat(shared.resolve("crac-clone.b/link")).isSymbolicLink();
  }

  @Test
  @DisplayName("of a restore: it stays, and nothing is removed through it; root's own goes")
  void restores() throws Exception {
    Path counters = Path.of("/tmp/hsperfdata_" + System.getProperty("user.name"));
    Stranger.wipe(counters);
    Stranger.acts(
        folder,
        """
        cd "$1"
        ln -s nowhere crac-restore.0
        mkdir crac-restore.a; mkfifo crac-restore.a/events; ln -s "$2" crac-restore.a/link
        mkdir crac-restore.b; ln -s "$2/.java_pidx1" crac-restore.b/events
        ln -s "$2/crac-restore.1" crac-restore.c
        touch -h -d '10 minutes ago' crac-restore.*
        ln -s "$2" "$3"
        """,
        shared,
        roots,
        counters);
    Path dead = Files.createDirectory(shared.resolve("crac-restore.dead"));
    age(dead);
    try {
      restore(dead);
    } finally {
      Files.delete(counters);
    }
    assertThat(Services.names(shared))
        .containsExactly("crac-restore.0", "crac-restore.a", "crac-restore.b", "crac-restore.c");
    assertThat(shared.resolve("crac-restore.a/link")).isSymbolicLink();
  }
}
