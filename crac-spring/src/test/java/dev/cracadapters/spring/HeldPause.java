/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring;

import static org.awaitility.Awaitility.await;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/** Checkpoints by the pause engine that are held while a test looks, and then restored. */
final class HeldPause {

  /** What happens while the process is in its image. */
  interface Between {
    void run() throws Exception;
  }

  private final Path folder;
  private final Path policies;

  HeldPause(Path folder) throws IOException {
    this.folder = folder;
    // The embedded server has a lock file and pipes in this JVM; sockets stay under the audit.
    this.policies =
        Files.writeString(
            folder.resolve("policies.yaml"),
            "type: file\naction: ignore\nwarn: false\n"
                + "---\ntype: pipe\naction: ignore\nwarn: false\n");
  }

  /** To be given to the application. */
  Map<String, Object> properties() {
    return Map.of(
        "spring.crac.enabled", "true",
        "spring.crac.resource-policies", policies.toString(),
        "spring.crac.engine", "pause",
        "spring.crac.pause.mode", "external",
        "spring.crac.pause.ready-file", folder.resolve("ready").toString(),
        "spring.crac.pause.go-file", folder.resolve("go").toString(),
        "spring.crac.pause.signal", "none",
        "spring.crac.pause.timeout", "40s");
  }

  /** The same as a command line. */
  String[] arguments() {
    return properties().entrySet().stream()
        .map(property -> "--" + property.getKey() + "=" + property.getValue())
        .toArray(String[]::new);
  }

  /**
   * Takes a checkpoint, and restores.
   *
   * @param given lines as in a go file: {@code NAME=VALUE}, {@code CRAC_ARGUMENT=…}
   */
  CheckpointReport during(Between between, String... given) throws Exception {
    Path ready = folder.resolve("ready");
    FutureTask<CheckpointReport> walk =
        new FutureTask<>(() -> CheckpointCoordinator.global().checkpoint());
    new Thread(walk, "checkpoint").start();
    await().atMost(Duration.ofSeconds(30)).until(() -> walk.isDone() || Files.exists(ready));
    if (!walk.isDone()) {
      try {
        between.run();
      } finally {
        String text = "CRAC_INSTANCE_ID=clone\n" + String.join("\n", given) + "\n";
        Path whole = Files.writeString(folder.resolve("whole"), text);
        Files.move(whole, folder.resolve("go"), StandardCopyOption.ATOMIC_MOVE);
      }
    }
    CheckpointReport report = walk.get(40, TimeUnit.SECONDS);
    Files.deleteIfExists(folder.resolve("go"));
    return report;
  }

  /** Why a checkpoint was refused. */
  static String failure(Between checkpoint) {
    try {
      checkpoint.run();
      return "it was not refused";
    } catch (Exception e) {
      return Arrays.toString(e.getCause().getSuppressed());
    }
  }
}
