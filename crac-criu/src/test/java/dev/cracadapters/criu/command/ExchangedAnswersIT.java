/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.Exchanging;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.OrdinaryUser;
import dev.cracadapters.criu.testing.RunningProcess;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whose process it is may put at the paths where root's command reads whatever that user likes. */
@Tag("soak")
@DisplayName("What root's command reads of another user's process")
class ExchangedAnswersIT {

  private static final OrdinaryUser STRANGER = new OrdinaryUser(4002);
  private static final Duration TIME = Duration.ofSeconds(12);

  @TempDir Path folder;

  @BeforeAll
  static void asRoot() {
    OrdinaryUser.impossible().ifPresent(reason -> assumeTrue(false, reason));
  }

  @Test
  @DisplayName("is a file, or nothing: never a FIFO that was put there after the look at it")
  void fifo() throws Exception {
    Path theirs = Files.createDirectory(folder.resolve("theirs"));
    Path fifo = theirs.resolve("fifo");
    assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
    STRANGER.give(folder);
    Path begun = theirs.resolve("begun");
    try (RunningProcess stranger =
        JvmCommand.ofMainClass(Exchanging.class.getName())
            .forEveryone()
            .by(STRANGER.by())
            .arguments("file", begun.toString(), fifo.toString())
            .start(folder, "stranger")) {
      stranger.awaitLine("exchanging");
      // A file at some looks, at others a FIFO.
      assertThat(assertTimeoutPreemptively(Duration.ofSeconds(50), () -> found(begun)))
          .containsOnly(Map.of(), Map.of("image", "/somewhere"));
    }
  }

  private static Set<Map<String, String>> found(Path begun) throws Exception {
    Set<Map<String, String>> found = new HashSet<>();
    try (DirectoryStream<Path> folder = Files.newDirectoryStream(begun.getParent())) {
      SecureDirectoryStream<Path> here = (SecureDirectoryStream<Path>) folder;
      Deadline.after(TIME)
          .await(
              () -> {
                for (int look = 0; look < 1000; look++) {
                  found.add(ImageFromOutside.read(here, begun.getFileName().toString()));
                }
                return false;
              });
    }
    return found;
  }
}
