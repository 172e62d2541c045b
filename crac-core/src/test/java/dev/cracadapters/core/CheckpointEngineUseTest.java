/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.cracadapters.core.CheckpointReport.Image;
import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.engine.ScriptedEngine;
import dev.cracadapters.core.engine.Snapshot;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.crac.CheckpointException;
import org.crac.RestoreException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

@DisplayName("The engine of a checkpoint")
class CheckpointEngineUseTest {

  private final OwnCoordinator own = new OwnCoordinator();

  @BeforeEach
  void useTheScriptedEngine() {
    own.coordinator.configure(OwnCoordinator.settings(ScriptedEngine.NAME, Duration.ofSeconds(20)));
  }

  @AfterEach
  void resetTheScriptedEngine() {
    ScriptedEngine.does(request -> new Snapshot(null, null));
  }

  @Test
  @DisplayName("is called when all is down, and tells the restore before the first comes back")
  void restored() throws Exception {
    Image image = new Image(Path.of("/images/1"), 4711, List.of());
    RestoreInfo info =
        new RestoreInfo(Instant.now(), "clone-1", Map.of("PORT", "1"), Map.of(), List.of("--x"));
    AtomicReference<Optional<RestoreInfo>> seen = new AtomicReference<>();
    own.add("a", 1).onUp(() -> seen.set(RestoreInfo.latest()));
    ScriptedEngine.does(
        request -> {
          own.calls.add("snapshot");
          return new Snapshot(image, info);
        });

    CheckpointReport report = own.checkpoint();

    assertThat(own.calls).containsExactly("down a", "snapshot", "up a");
    assertThat(seen.get()).contains(info);
    assertThat(report.outcome()).isEqualTo(Outcome.RESTORED);
    assertThat(report.engine()).isEqualTo("scripted");
    assertThat(report.image()).isEqualTo(image);
    assertThat(report.instanceId()).isEqualTo("clone-1");
  }

  @Test
  @DisplayName("gets what a restore was given as settings, from the next checkpoint on")
  void settingsOfTheRestore() throws Exception {
    Path given = Path.of("/images/given");
    Map<String, String> properties = Map.of("crac.image", given.toString(), "other", "1");
    RestoreInfo info = new RestoreInfo(Instant.now(), "clone-1", Map.of(), properties, List.of());
    AtomicReference<Path> asked = new AtomicReference<>();
    ScriptedEngine.does(
        request -> {
          asked.set(request.image());
          properties.forEach(System::setProperty);
          return new Snapshot(null, info);
        });
    try {
      own.checkpoint();
      assertThat(asked.get()).isNotEqualTo(given);
      own.checkpoint();
      assertThat(asked.get()).isEqualTo(given);
    } finally {
      properties.keySet().forEach(System::clearProperty);
    }
  }

  @Test
  @DisplayName("goes on as before where a setting that a restore was given cannot be read")
  void unreadableSettingOfTheRestore() throws Exception {
    RestoreInfo info =
        new RestoreInfo(
            Instant.now(), "clone-1", Map.of(), Map.of("crac.audit", "paranoid"), List.of());
    ScriptedEngine.does(
        request -> {
          System.setProperty("crac.audit", "paranoid");
          return new Snapshot(null, info);
        });
    try {
      assertThat(own.checkpoint().outcome()).isEqualTo(Outcome.RESTORED);
      assertThat(own.checkpoint().outcome()).isEqualTo(Outcome.RESTORED);
    } finally {
      System.clearProperty("crac.audit");
    }
  }

  @Test
  @DisplayName("may leave the process running: the report says that it was imaged, not restored")
  void leftRunning() throws Exception {
    Image image = new Image(Path.of("/images/1"), 4711, List.of());
    Optional<RestoreInfo> before = RestoreInfo.latest();
    own.add("a", 1);
    ScriptedEngine.does(request -> new Snapshot(image, null));

    CheckpointReport report = own.checkpoint();

    assertThat(own.calls).containsExactly("down a", "up a");
    assertThat(report.outcome()).isEqualTo(Outcome.IMAGED);
    assertThat(report.image()).isEqualTo(image);
    assertThat(report.instanceId()).isNull();
    assertThat(RestoreInfo.latest()).isEqualTo(before);
  }

  @Test
  @DisplayName("has left a process running that lost a resource: the report says so")
  void leftRunningWithLosses() {
    ScriptedEngine.does(
        request -> new Snapshot(new Image(Path.of("/images/1"), 1, List.of()), null));
    own.add("a", 1)
        .onUp(
            () -> {
              throw new IllegalStateException("the port is taken");
            });

    assertThatExceptionOfType(RestoreException.class).isThrownBy(own::checkpoint);
    assertThat(own.report().outcome()).isEqualTo(Outcome.IMAGED_WITH_FAILURES);
    assertThat(own.report().failures()).singleElement().asString().contains("the port is taken");
  }

  @Test
  @DisplayName("is told by the system property whether to leave the process running")
  void leaveRunningProperty() throws Exception {
    List<Boolean> told = new ArrayList<>();
    ScriptedEngine.does(
        request -> {
          told.add(request.leaveRunning());
          return new Snapshot(null, null);
        });
    own.checkpoint();
    System.setProperty("crac.leave-running", "true");
    try {
      own.checkpoint();
    } finally {
      System.clearProperty("crac.leave-running");
    }
    assertThat(told).containsExactly(false, true);
  }

  @Test
  @DisplayName("is told when everything is back up, so that a ready file is there until then")
  void backUp(@TempDir Path folder) throws Exception {
    Path ready = folder.resolve("ready");
    AtomicReference<Boolean> duringTheWalk = new AtomicReference<>();
    own.coordinator.configure(OwnCoordinator.settings("pause", Duration.ofSeconds(20)));
    own.add("a", 1).onUp(() -> duringTheWalk.set(Files.exists(ready)));
    System.setProperty("crac.pause", "external");
    System.setProperty("crac.pause.ready-file", ready.toString());
    System.setProperty("crac.pause.timeout", "50ms");
    try {
      assertThatThrownBy(own::checkpoint)
          .isInstanceOf(CheckpointException.class)
          .satisfies(
              e -> assertThat(e.getSuppressed()[0]).hasMessageContaining("nobody came within 50"));
    } finally {
      System.clearProperty("crac.pause");
      System.clearProperty("crac.pause.ready-file");
      System.clearProperty("crac.pause.timeout");
    }
    assertThat(duringTheWalk.get()).isTrue();
    assertThat(ready).doesNotExist();
  }

  @Test
  @DisplayName("is told which descriptors are open")
  void descriptors(@TempDir Path folder) throws Exception {
    Path data = Files.writeString(folder.resolve("data"), "x");
    AtomicReference<List<String>> told = new AtomicReference<>();
    ScriptedEngine.does(
        request -> {
          told.set(request.descriptors());
          return new Snapshot(null, null);
        });

    try (var open = Files.newInputStream(data)) {
      assertThat(open.available()).isOne();
      own.checkpoint();
    }

    assertThat(told.get()).contains(data.toRealPath().toString());
  }

  @Test
  @DisplayName("has its time in the report")
  void time() throws Exception {
    ScriptedEngine.does(
        request -> {
          TimeUnit.MILLISECONDS.sleep(40);
          return new Snapshot(null, null);
        });

    assertThat(own.checkpoint().snapshotMillis()).isBetween(40L, 20_000L);
  }

  @Test
  @DisplayName("may refuse: all is brought back, and the caller is told")
  void refuses() {
    RefusedException refusal = new RefusedException("criu", "no space is left", "make room");
    ScriptedEngine.does(
        request -> {
          throw refusal;
        });
    own.add("a", 1);

    assertThat(own.refused()).containsExactly(refusal);
    assertThat(own.calls).containsExactly("down a", "up a");
    assertThat(own.report().failures()).containsExactly("criu: no space is left. make room");
  }

  @Test
  @DisplayName("may break: all is brought back after a RuntimeException and after an Error")
  void breaks() {
    RuntimeException exception = new IllegalStateException("bug");
    Error error = new NoClassDefFoundError("com/example/Gone");
    own.add("a", 1);

    ScriptedEngine.does(
        request -> {
          throw exception;
        });
    assertThat(own.refused()).containsExactly(exception);
    ScriptedEngine.does(
        request -> {
          throw error;
        });
    assertThat(own.refused()).containsExactly(error);

    assertThat(own.calls).containsExactly("down a", "up a", "down a", "up a");
    assertThat(own.coordinator.isUnderWay()).isFalse();
  }

  @Test
  @DisplayName("is not reached when a resource has failed or a descriptor is in the way")
  void notReached(@TempDir Path folder) throws Exception {
    ScriptedEngine.does(
        request -> {
          own.calls.add("snapshot");
          return new Snapshot(null, null);
        });
    TestResource resource =
        own.add("a", 1)
            .onDown(
                () -> {
                  throw new IOException("broken");
                });

    own.refused();
    resource.onDown(() -> {});
    try (OutputStream open = Files.newOutputStream(folder.resolve("log"))) {
      open.write(1);
      own.refused();
    }

    assertThat(own.calls).containsExactly("down a", "up a", "down a", "up a");
  }

  @Test
  @DisplayName("is asked before anything is stopped whether it can work")
  void unavailable() {
    RefusedException reason = new RefusedException("criu", "it is not installed", "install it");
    ScriptedEngine.isUnavailable(reason);
    own.add("a", 1);

    assertThat(own.refused()).containsExactly(reason);
    assertThat(own.calls).isEmpty();
    assertThat(own.report().outcome()).isEqualTo(Outcome.REFUSED);
    assertThat(own.report().engine()).isEqualTo("scripted");
    assertThat(own.report().failures()).containsExactly("criu: it is not installed. install it");
  }

  @Test
  @DisplayName("has to have a known name, or nothing is stopped")
  void unknown() {
    own.coordinator.configure(OwnCoordinator.settings("polaroid", Duration.ofSeconds(20)));
    own.add("a", 1);

    ListAppender<ILoggingEvent> logged = new ListAppender<>();
    logged.start();
    Logger log = (Logger) LoggerFactory.getLogger(StockCheckpoint.class);
    log.addAppender(logged);
    log.setLevel(Level.WARN);

    CheckpointException exception =
        catchThrowableOfType(CheckpointException.class, own::checkpoint);

    log.setLevel(null);
    log.detachAppender(logged);
    assertThat(exception.getSuppressed()).singleElement().asString().contains("polaroid");
    assertThat(logged.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactly(
            "Checkpoint refused; the application goes on. "
                + exception.getSuppressed()[0].getMessage());
    assertThat(own.calls).isEmpty();
    assertThat(own.coordinator.isUnderWay()).isFalse();
  }

  @Test
  @DisplayName(
      "took its snapshot even where a resource does not come back: image and clone are told")
  void restoredWithFailures() {
    ScriptedEngine.does(
        request ->
            new Snapshot(
                new Image(Path.of("/images/2"), 1, List.of()),
                new RestoreInfo(Instant.now(), "clone-2", Map.of(), Map.of(), List.of())));
    own.add("a", 1)
        .onUp(
            () -> {
              throw new IOException("port taken");
            });

    catchThrowableOfType(RestoreException.class, own::checkpoint);

    assertThat(own.report().outcome()).isEqualTo(Outcome.RESTORED_WITH_FAILURES);
    assertThat(own.report().instanceId()).isEqualTo("clone-2");
    assertThat(own.report().image()).isNotNull();
  }
}
