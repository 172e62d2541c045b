/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cracadapters.core.RestoreInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Waits in a pause for something outside, with clocks and a kernel that the test sets. */
abstract class ExternalPauseFixture {

  static final CheckpointRequest REQUEST =
      new CheckpointRequest(null, List.of(), List.of(), List.of(), 0, false);
  static final Duration LIMIT = Duration.ofSeconds(20);
  private static final List<String> SETTINGS =
      List.of("", ".mode", ".file", ".ready-file", ".go-file", ".signal", ".timeout");

  @TempDir Path folder;

  final AtomicLong wallClock = new AtomicLong(1_000_000);
  final AtomicLong nanoClock = new AtomicLong(7);
  final PauseEngine engine = new PauseEngine();
  @Nullable FutureTask<Snapshot> pause;
  Path ready;
  Path go;

  @BeforeEach
  void set() throws IOException {
    ready = folder.resolve("ready");
    go = folder.resolve("go");
    Files.createDirectories(folder.resolve("self"));
    Files.createDirectories(folder.resolve("sys/kernel/random"));
    kernelSays("4711", "first boot");
    System.setProperty("crac.pause", "external");
    System.setProperty("crac.pause.ready-file", ready.toString());
    System.setProperty("crac.pause.timeout", "60s");
  }

  @AfterEach
  void end() throws Exception {
    SETTINGS.forEach(name -> System.clearProperty("crac.pause" + name));
    if (pause != null) {
      pause.cancel(true);
    }
  }

  /** Field 22 is when the process was started; the command's name is there to confuse. */
  void kernelSays(String started, String boot) throws IOException {
    String fields = "S 1 1 1 0 -1 4194560 1 0 0 0 1 1 0 0 20 0 30 0 " + started + " 1 2 3";
    Files.writeString(folder.resolve("self/stat"), "99 (ja) va 1 2) " + fields);
    Files.writeString(folder.resolve("sys/kernel/random/boot_id"), boot);
  }

  /** Pauses, with the clocks and the kernel of this test. */
  void pauses() {
    ExternalPause external =
        new ExternalPause(
            PauseSettings.fromSystemProperties(),
            () -> new RestoreSigns(folder, wallClock::get, nanoClock::get));
    pause = new FutureTask<>(external::await);
    new Thread(pause, "pause").start();
    await().atMost(LIMIT).until(() -> Files.exists(ready) || pause.isDone());
    assertThat(pause).isNotDone();
  }

  @Nullable RestoreInfo goesOn() throws Exception {
    return pause.get(LIMIT.toSeconds(), TimeUnit.SECONDS).restore();
  }

  void goFile(String text) throws IOException {
    Path whole = Files.writeString(folder.resolve("go.new"), text);
    Files.move(whole, go, StandardCopyOption.ATOMIC_MOVE);
  }

  static void kill(String signal) throws Exception {
    Process kill =
        new ProcessBuilder("sh", "-c", "kill -s " + signal + " " + ProcessHandle.current().pid())
            .start();
    assertThat(kill.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(kill.exitValue()).isZero();
  }
}
