/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.criu.testing.OrdinaryUser;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("What was left in a folder that everybody may write to")
class LeftoversTest {

  private static final OrdinaryUser STRANGER = new OrdinaryUser(4002);
  private static final int TURNS = 100;

  @TempDir Path folder;
  private Path shared;
  private Path roots;

  @BeforeEach
  void sharedFolder() throws Exception {
    OrdinaryUser.impossible().ifPresent(reason -> assumeTrue(false, reason));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    shared = Files.createDirectory(folder.resolve("shared"));
    Files.setAttribute(shared, "unix:mode", 01777);
    roots = Files.createDirectory(folder.resolve("roots"));
    Files.createFile(roots.resolve("one"));
  }

  private RunningProcess stranger(String commands) throws Exception {
    List<String> words = new ArrayList<>(List.of(STRANGER.by()));
    words.addAll(List.of("sh", "-ec", commands, "sh", shared.toString(), roots.toString()));
    return RunningProcess.start(words, Map.of(), folder, "stranger");
  }

  private Path old(String name) throws Exception {
    Path file = Files.createFile(shared.resolve(name));
    return Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofDays(2))));
  }

  @Test
  @DisplayName("by another user stays, whatever it looks like, and nothing is reached through it")
  void planted() throws Exception {
    try (RunningProcess made =
        stranger(
            """
            cd "$1"
            ln -s "$2" crac-dump.link
            ln -s "$2/one" criu-link.out
            mkdir crac-trial-1 && ln -s "$2" crac-trial-1/link
            mkfifo crac-checkpoint-1-pipe
            : > criu-1.out
            touch -h -d '2 days ago' crac-* criu-*
            """)) {
      assertThat(made.awaitExit()).as(made.told()).isZero();
    }
    old("criu-2.out");
    Leftovers.removeFrom(shared);
    assertThat(Services.names(shared))
        .containsExactly(
            "crac-checkpoint-1-pipe",
            "crac-dump.link",
            "crac-trial-1",
            "criu-1.out",
            "criu-link.out");
    assertThat(shared.resolve("crac-trial-1/link")).isSymbolicLink();
    assertThat(roots.resolve("one")).exists();
  }

  @Test
  @DisplayName("goes although another user makes and removes such files all the time")
  void meanwhile() throws Exception {
    try (RunningProcess maker =
        stranger(
            "cd \"$1\"; names=$(seq -f 'criu-%g.out' 300); echo makes;"
                + " while [ ! -e end ]; do touch $names; rm -f $names; done")) {
      maker.awaitLine("makes");
      for (int turn = 0; turn < TURNS; turn++) {
        Path left = old("crac-agent" + turn + ".jar");
        Leftovers.removeFrom(shared);
        assertThat(left).doesNotExist();
      }
      Files.createFile(shared.resolve("end"));
      assertThat(maker.awaitExit()).as(maker.told()).isZero();
    }
  }
}
