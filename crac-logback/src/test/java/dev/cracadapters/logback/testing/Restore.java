/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.testing;

import static org.awaitility.Awaitility.await;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.Registration;
import dev.cracadapters.logback.LogbackResource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/** A checkpoint and a restore by the pause engine, with a go file that tells of a restore. */
public final class Restore {

  /** What happens while the process is in its image. */
  public interface Between {
    void run() throws Exception;
  }

  private Restore() {}

  /** Restored elsewhere, with these environment variables. */
  public static void of(
      LogbackResource resource, Path folder, Between between, String... environment)
      throws Exception {
    go(
        resource,
        folder,
        between,
        "CRAC_INSTANCE_ID=clone\n" + String.join("\n", environment) + "\n");
  }

  /** The process merely goes on. */
  public static void none(LogbackResource resource, Path folder, Between between) throws Exception {
    go(resource, folder, between, "# nothing\n");
  }

  private static void go(LogbackResource resource, Path folder, Between between, String text)
      throws Exception {
    Path ready = folder.resolve("ready");
    Path go = folder.resolve("go");
    Map<String, String> settings =
        Map.of(
            "crac.pause", "external",
            "crac.pause.ready-file", ready.toString(),
            "crac.pause.go-file", go.toString(),
            "crac.pause.signal", "none",
            "crac.pause.hold-threads", "false", // those of the test
            "crac.pause.timeout", "40s");
    settings.forEach(System::setProperty);
    Registration registered = CheckpointCoordinator.global().register(resource);
    try {
      FutureTask<CheckpointReport> walk =
          new FutureTask<>(() -> CheckpointCoordinator.global().checkpoint());
      new Thread(walk, "checkpoint").start();
      await().atMost(Duration.ofSeconds(20)).until(() -> walk.isDone() || Files.exists(ready));
      if (!walk.isDone()) {
        between.run();
        Path whole = Files.writeString(folder.resolve("whole"), text);
        Files.move(whole, go, StandardCopyOption.ATOMIC_MOVE);
      }
      walk.get(30, TimeUnit.SECONDS);
    } finally {
      registered.close();
      List.copyOf(settings.keySet()).forEach(System::clearProperty);
    }
  }
}
