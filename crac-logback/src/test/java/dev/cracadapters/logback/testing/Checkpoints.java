/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.CoordinatorSettings;
import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.Registration;
import dev.cracadapters.core.WalkThreads;
import dev.cracadapters.core.engine.Snapshot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.crac.Context;
import org.crac.Resource;

/** Whole checkpoints by the process's own coordinator, audit and all. */
public final class Checkpoints implements AutoCloseable {

  private static final String PAUSE_FILE = "crac.pause.file";

  public interface Step {
    void run() throws Exception;
  }

  private final CheckpointCoordinator coordinator = CheckpointCoordinator.global();
  private final List<Registration> registrations = new ArrayList<>();
  private final Path pause;

  public Checkpoints(Logs logs) {
    pause = logs.path("pause");
    register(logs.resource);
    engine("pause");
  }

  Checkpoints register(PhasedResource resource) {
    registrations.add(coordinator.register(resource));
    return this;
  }

  /** A resource that is stopped after the log files are closed, and back before they are open. */
  public Checkpoints below(Step down, Step up) {
    return register(
        new PhasedResource() {
          @Override
          public String name() {
            return "below";
          }

          @Override
          public int phase() {
            return dev.cracadapters.core.Phase.JDK;
          }

          @Override
          public void beforeCheckpoint(Context<? extends Resource> context) throws Exception {
            down.run();
          }

          @Override
          public void afterRestore(Context<? extends Resource> context) throws Exception {
            up.run();
          }
        });
  }

  private void engine(String name) {
    coordinator.configure(
        new CoordinatorSettings(
            name, null, AuditMode.LENIENT, Duration.ofSeconds(60), Duration.ofSeconds(30)));
  }

  /** One that goes on at once. */
  public CheckpointReport take() throws Exception {
    return coordinator.checkpoint();
  }

  /** One that pauses until the step is done on the calling thread. */
  public CheckpointReport during(Step step) throws Exception {
    System.setProperty(PAUSE_FILE, pause.toString());
    FutureTask<CheckpointReport> taken = new FutureTask<>(coordinator::checkpoint);
    new Thread(taken, "taker").start();
    try {
      await().until(() -> taken.isDone() || (Files.exists(pause) && WalkThreads.arePaused()));
      assertThat(taken.isDone()).as("over before it began").isFalse();
      step.run();
    } finally {
      Files.deleteIfExists(pause);
      try {
        taken.get(60, TimeUnit.SECONDS);
      } finally {
        System.clearProperty(PAUSE_FILE);
      }
    }
    return taken.get();
  }

  /** One whose engine does this. */
  public CheckpointReport scripted(ScriptedEngine.Script script) throws Exception {
    ScriptedEngine.script = script;
    engine(ScriptedEngine.NAME);
    return coordinator.checkpoint();
  }

  public CheckpointReport lastReport() {
    return coordinator.lastReport().orElseThrow();
  }

  /** An image taken, and no restore: the process goes on. */
  public static Snapshot leftRunning(Path folder) {
    return new Snapshot(new CheckpointReport.Image(folder, 1, List.of()), null);
  }

  @Override
  public void close() {
    registrations.forEach(Registration::close);
    coordinator.configure(CoordinatorSettings.fromSystemProperties());
  }
}
