/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.cracadapters.core.RefusedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The pause engine")
class PauseEngineTest {

  private static final CheckpointRequest REQUEST =
      new CheckpointRequest(null, List.of(), List.of(), List.of(), 0, false);

  @TempDir Path folder;

  private final PauseEngine engine = new PauseEngine();

  @AfterEach
  void clearProperties() {
    System.clearProperty("crac.pause.file");
    System.clearProperty("crac.pause.timeout");
  }

  @Test
  @DisplayName("goes on at once when nothing else is said, with no image and no restore")
  void atOnce() throws Exception {
    assertThat(engine.checkpoint(REQUEST)).isEqualTo(new Snapshot(null, null));
    assertThat(engine.unavailable(REQUEST)).isEmpty();
  }

  @Test
  @DisplayName("writes its PID into the file, and goes on when the file has been deleted")
  void waitsForTheFile() throws Exception {
    Path file = folder.resolve("ready");
    System.setProperty("crac.pause.file", file.toString());
    System.setProperty("crac.pause.timeout", "60s");

    CompletableFuture<Snapshot> snapshot =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return engine.checkpoint(REQUEST);
              } catch (RefusedException | InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    await().atMost(Duration.ofSeconds(20)).until(() -> Files.exists(file) && Files.size(file) > 1);
    assertThat(file).hasContent(Long.toString(ProcessHandle.current().pid()));
    assertThat(snapshot).isNotDone();

    Files.delete(file);

    assertThat(snapshot.get(20, TimeUnit.SECONDS)).isEqualTo(new Snapshot(null, null));
  }

  @Test
  @DisplayName("writes through nobody's link, as in a folder that is everybody's")
  void link() throws Exception {
    Path others = Files.writeString(folder.resolve("others"), "as it was");
    Path file = Files.createSymbolicLink(folder.resolve("ready"), others);
    System.setProperty("crac.pause.file", file.toString());
    System.setProperty("crac.pause.timeout", "80ms");
    assertThatThrownBy(() -> engine.checkpoint(REQUEST)).isInstanceOf(RefusedException.class);
    assertThat(others).hasContent("as it was");
    assertThat(file).doesNotExist();
  }

  @Test
  @DisplayName("gives up when nobody deletes the file in time, and deletes it itself")
  void timesOut() {
    Path file = folder.resolve("ready");
    System.setProperty("crac.pause.file", file.toString());
    System.setProperty("crac.pause.timeout", "80ms");

    assertThatThrownBy(() -> engine.checkpoint(REQUEST))
        .isInstanceOf(RefusedException.class)
        .hasMessage(
            "pause file "
                + file
                + ": nobody deleted it within 80 ms. delete it once the outside snapshot is taken,"
                + " or raise crac.pause.timeout");
    assertThat(file).doesNotExist();
  }

  @Test
  @DisplayName("refuses when the file cannot be written")
  void unwritable() {
    Path file = folder.resolve("no such folder").resolve("ready");
    System.setProperty("crac.pause.file", file.toString());

    assertThatThrownBy(() -> engine.checkpoint(REQUEST))
        .isInstanceOf(RefusedException.class)
        .hasMessageStartingWith("pause file " + file + ": it cannot be written (")
        .hasMessageContaining("NoSuchFileException")
        .hasMessageEndingWith("name a file in a writable folder by crac.pause.file");
  }

  @Test
  @DisplayName("ends when it is interrupted, and leaves no file that says ready")
  void interrupted() throws Exception {
    Path file = folder.resolve("ready");
    System.setProperty("crac.pause.file", file.toString());
    FutureTask<Snapshot> task = new FutureTask<>(() -> engine.checkpoint(REQUEST));
    Thread thread = new Thread(task);
    thread.start();
    await().atMost(Duration.ofSeconds(20)).until(() -> Files.exists(file));

    thread.interrupt();

    assertThatThrownBy(() -> task.get(20, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(InterruptedException.class);
    assertThat(file).doesNotExist();
  }
}
