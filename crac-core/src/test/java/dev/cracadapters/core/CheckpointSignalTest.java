/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.cracadapters.core.engine.ScriptedEngine;
import dev.cracadapters.core.engine.Snapshot;
import dev.cracadapters.core.support.SignalHandling;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import jdk.jfr.Recording;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A signal that asks for a checkpoint")
class CheckpointSignalTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final CheckpointCoordinator global = CheckpointCoordinator.global();
  private final AtomicInteger taken = new AtomicInteger();

  @BeforeEach
  void count() {
    global.configure(OwnCoordinator.settings(ScriptedEngine.NAME, LIMIT));
    ScriptedEngine.does(
        request -> {
          taken.incrementAndGet();
          return new Snapshot(null, null);
        });
  }

  @AfterEach
  void reset() {
    await().atMost(LIMIT).until(() -> !global.isUnderWay());
    ScriptedEngine.does(request -> new Snapshot(null, null));
    global.configure(CoordinatorSettings.fromSystemProperties());
  }

  /** By this process itself: pipes to a command that sends it would be open at the checkpoint. */
  private static void send(String name) throws ReflectiveOperationException {
    Class<?> signal = Class.forName("sun.misc.Signal");
    signal
        .getMethod("raise", signal)
        .invoke(null, signal.getConstructor(String.class).newInstance(name));
  }

  private void awaitTaken(int number) {
    await().atMost(LIMIT).until(() -> taken.get() == number && !global.isUnderWay());
  }

  @ParameterizedTest
  @ValueSource(strings = {"USR2", "SIGUSR1", "usr2"})
  @DisplayName("takes one each time it comes")
  void comes(String name) throws Exception {
    Registration signal = CheckpointSignal.install(name);
    try {
      for (int turn = 1; turn <= 2; turn++) {
        send(name.toUpperCase(Locale.ROOT).replace("SIG", ""));
        awaitTaken(turn);
      }
    } finally {
      signal.close();
      signal.close();
    }
  }

  @Test
  @DisplayName("is given back")
  void givenBack() throws Exception {
    AtomicInteger before = new AtomicInteger();
    Registration others = SignalHandling.handle("USR1", before::incrementAndGet);
    try {
      CheckpointSignal.install("USR1").close();
      send("USR1");
      await().atMost(LIMIT).until(() -> before.get() == 1);
      assertThat(taken).hasValue(0);
    } finally {
      others.close();
    }
  }

  @Test
  @DisplayName("is the JVM's own while Flight Recorder samples, where it is USR2")
  void flightRecorder() throws Exception {
    // Not snapshots alone: the audit refuses the recording's file, when all has been stopped.
    List<String> calls = new CopyOnWriteArrayList<>();
    Registration resource = global.register(new TestResource("stopped", 1, calls));
    Registration signal = CheckpointSignal.install("USR2");
    try (Recording recording = new Recording()) {
      recording.enable("jdk.ExecutionSample").withPeriod(Duration.ofMillis(10));
      recording.start();
      long work = 0;
      long end = System.nanoTime() + Duration.ofMillis(500).toNanos();
      while (System.nanoTime() < end) {
        work += Double.hashCode(Math.sin(work));
      }
      recording.stop();
    }
    await().atMost(LIMIT).until(() -> !global.isUnderWay());
    assertThat(calls).isEmpty();
    resource.close();
    try {
      // Those that come right after the recording count as its own.
      await()
          .atMost(LIMIT)
          .pollInterval(Duration.ofMillis(300))
          .until(
              () -> {
                send("USR2");
                return taken.get() > 0;
              });
    } finally {
      signal.close();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "KILL|Signal already used by VM or OS: SIGKILL",
        "QUIT|Signal already used by VM or OS: SIGQUIT",
        "NONSENSE|Unknown signal: NONSENSE",
        "TERM|it ends the process, and would no longer",
        "CHLD|it comes whenever a child process ends",
        "CONT|it comes whenever the process is continued, as after every dump",
        "PIPE|the JVM uses it itself"
      })
  @DisplayName("is refused with the reason where it has another use")
  void refused(String name, String why) {
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> CheckpointSignal.install(name))
        .withMessage("checkpoint-signal is \"" + name + "\": " + why + ". Take USR1, or USR2");
  }

  @Test
  @DisplayName("takes none while the application starts")
  void starting() throws Exception {
    Registration signal = CheckpointSignal.install("USR1");
    CheckpointSignal.applicationStarts(true);
    try {
      send("USR1");
      await()
          .atMost(LIMIT)
          .until(
              () ->
                  Thread.getAllStackTraces().keySet().stream()
                      .noneMatch(thread -> thread.getName().matches("crac-checkpoint|SIGUSR1.*")));
      assertThat(taken).hasValue(0);
      CheckpointSignal.applicationStarts(false);
      send("USR1");
      awaitTaken(1);
    } finally {
      CheckpointSignal.applicationStarts(false);
      signal.close();
    }
  }

  @ParameterizedTest
  @CsvSource({"62, 62", "64, 64", "65, 12", "10, 12", "11, 12", "' 34 ', 34", "x, 12", ", 12"})
  @DisplayName("is the JVM's own by the number that the JVM would take")
  void samplingSignal(String given, int number) {
    assertThat(CheckpointSignal.samplingSignal(given)).isEqualTo(number);
  }
}
