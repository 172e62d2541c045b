/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.core.RestoreInfo;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** When a go file ends a pause, and what it tells the process. */
@DisplayName("A pause for something outside, with a go file")
class PauseGoFileTest extends ExternalPauseFixture {

  @Test
  @DisplayName("does not end by the ready file where a go file is named")
  void deletedButGoFile() throws Exception {
    System.setProperty("crac.pause.go-file", go.toString());
    pauses();
    Files.delete(ready);
    goFile("");
    assertThat(goesOn()).as("an empty go file says nothing of a restore").isNull();
    assertThat(go).doesNotExist();
  }

  @Test
  @DisplayName("tells what the go file says, on top of the environment of the checkpoint")
  void goFileSpeaks() throws Exception {
    System.setProperty("crac.pause.go-file", go.toString());
    pauses();
    goFile(
        """
        # written by hand
        CRAC_INSTANCE_ID=pod-7
        PORT=8081
        EMPTY=
        WITH=a=b c
        no variable
        CRAC_ARGUMENT=--first
        CRAC_ARGUMENT=second one
        """);
    RestoreInfo info = goesOn();
    assertThat(info).isNotNull();
    assertThat(info.instanceId()).isEqualTo("pod-7");
    assertThat(info.arguments()).containsExactly("--first", "second one");
    assertThat(info.environment())
        .containsEntry("PORT", "8081")
        .containsEntry("EMPTY", "")
        .containsEntry("WITH", "a=b c")
        .containsEntry("PATH", System.getenv("PATH"))
        .doesNotContainKeys("CRAC_INSTANCE_ID", "CRAC_ARGUMENT", "no variable");
    assertThat(info.restoredAt()).isBetween(Instant.now().minusSeconds(60), Instant.now());
  }

  @Test
  @DisplayName("takes a go file as env -0 writes it, with values of several lines")
  void goFileWithNuls() throws Exception {
    System.setProperty("crac.pause.go-file", go.toString());
    pauses();
    goFile("KEY=-----BEGIN\nabc=\n-----END\0OTHER=1\0");
    RestoreInfo info = goesOn();
    assertThat(info.environment())
        .containsAllEntriesOf(Map.of("KEY", "-----BEGIN\nabc=\n-----END", "OTHER", "1"));
    assertThat(info.instanceId()).as("the kernel's, where none is named").hasSize(36);
  }

  @Test
  @DisplayName("does not read a go file that may still be written")
  void halfAGoFile() throws Exception {
    assertThat(GoFile.isThere(go)).isFalse();
    Files.createFile(go);
    long now = System.currentTimeMillis();
    Files.setLastModifiedTime(go, FileTime.fromMillis(now - 1));
    assertThat(GoFile.isThere(go, now)).isFalse();
    assertThat(GoFile.isThere(go, now + 48)).isFalse();
    assertThat(GoFile.isThere(go, now + 49)).isTrue();
    assertThat(GoFile.isThere(go, now - 60_000)).as("by another machine's clock").isTrue();
  }

  @Test
  @DisplayName("does not wait for a FIFO that somebody has put in the go file's place")
  void fifo() throws Exception {
    System.setProperty("crac.pause.go-file", go.toString());
    pauses();
    assertThat(new ProcessBuilder("mkfifo", go.toString()).start().waitFor()).isZero();
    assertThat(GoFile.isThere(go, System.currentTimeMillis() + 1_000)).isFalse();
    kill("CONT");
    assertThatThrownBy(this::goesOn)
        .hasRootCauseMessage("it is no file")
        .cause()
        .hasMessageStartingWith("go file " + go + ": it is there, but cannot be read");
  }

  @Test
  @DisplayName("is refused before anything is stopped where the go file is there already")
  void goFileTooEarly() throws Exception {
    System.setProperty("crac.pause.go-file", go.toString());
    assertThat(engine.unavailable(REQUEST)).isEmpty();
    goFile("");
    assertThat(engine.unavailable(REQUEST).orElseThrow())
        .hasMessage(
            "go file "
                + go
                + ": it is there already, so that nobody could take a snapshot. delete it, and write"
                + " it when the snapshot is taken");
  }
}
