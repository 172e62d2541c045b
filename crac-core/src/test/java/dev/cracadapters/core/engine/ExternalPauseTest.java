/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.Registration;
import dev.cracadapters.core.support.SignalHandling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who ends a pause, what it says meanwhile, and which settings it refuses. */
@DisplayName("A pause for something outside")
class ExternalPauseTest extends ExternalPauseFixture {

  @Test
  @DisplayName("says in the ready file who waits since when, and every way to go on")
  void readyFile() throws Exception {
    System.setProperty("crac.pause.go-file", go.toString());
    Instant before = Instant.now();
    pauses();
    List<String> lines = Files.readAllLines(ready);
    long pid = ProcessHandle.current().pid();
    assertThat(lines)
        .contains(
            "pid=" + pid,
            "timeout=60000 ms",
            "signal=CONT",
            "#   kill -s CONT " + pid,
            "go-file=" + go,
            "#   this file appears: env > " + go + ".new; mv " + go + ".new " + go);
    Instant told =
        lines.stream()
            .filter(line -> line.startsWith("time="))
            .map(line -> Instant.parse(line.substring(5)))
            .findFirst()
            .orElseThrow();
    assertThat(told).isBetween(before, Instant.now());
  }

  @ParameterizedTest
  @ValueSource(strings = {"CONT", "USR2", "WINCH"})
  @DisplayName("ends by the signal, and tells no restore where there was none")
  void signal(String name) throws Exception {
    System.setProperty("crac.pause.signal", name);
    pauses();
    kill(name);
    assertThat(goesOn()).isNull();
  }

  @Test
  @DisplayName("gives the signal back to whoever handled it before")
  void signalGivenBack() throws Exception {
    AtomicBoolean came = new AtomicBoolean();
    Registration mine = SignalHandling.handle("CONT", () -> came.set(true));
    try {
      pauses();
      kill("CONT");
      goesOn();
      assertThat(came).isFalse();
      kill("CONT");
      await().atMost(LIMIT).untilTrue(came);
    } finally {
      mine.close();
    }
  }

  @Test
  @DisplayName("ends when the ready file is deleted, where no go file is named")
  void deleted() throws Exception {
    pauses();
    Files.delete(ready);
    assertThat(goesOn()).isNull();
  }

  @Test
  @DisplayName("does not end by clocks that are set, or by a thread that was away")
  void clocks() throws Exception {
    pauses();
    wallClock.addAndGet(3_600_000);
    nanoClock.addAndGet(5_000_000_000L);
    kill("CONT");
    assertThat(goesOn()).isNull();
  }

  @Test
  @DisplayName("is given up when nobody came in time")
  void nobody() {
    System.setProperty("crac.pause.timeout", "80ms");
    assertThatThrownBy(() -> engine.checkpoint(REQUEST))
        .isInstanceOf(RefusedException.class)
        .hasMessage(
            "pause: nobody came within 80 ms. say when the snapshot is taken, as "
                + ready
                + " has told, or raise crac.pause.timeout; set crac.pause.hold-threads=false where a"
                + " thread of this process is to say it");
    assertThat(ready).as("until everything is back up").exists();
    engine.backUp();
    assertThat(ready).doesNotExist();
    engine.backUp();
  }

  @Test
  @DisplayName("is never given up with a time of 0")
  void forEver() throws Exception {
    System.setProperty("crac.pause.timeout", "0");
    pauses();
    assertThat(ready).content().contains("timeout=never");
    Files.delete(ready);
    assertThat(goesOn()).isNull();
  }

  @Test
  @DisplayName("ends when its thread is interrupted")
  void interrupted() throws Exception {
    FutureTask<Snapshot> task = new FutureTask<>(() -> engine.checkpoint(REQUEST));
    Thread thread = new Thread(task);
    thread.start();
    await().atMost(LIMIT).until(() -> Files.exists(ready));
    thread.interrupt();
    assertThatThrownBy(() -> task.get(20, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(InterruptedException.class);
  }

  @Test
  @DisplayName("holds nothing open while it waits")
  void holdsNothing() throws Exception {
    long before = descriptors();
    pauses();
    assertThat(descriptors()).isLessThanOrEqualTo(before);
    Files.delete(ready);
    goesOn();
  }

  private static long descriptors() throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.count();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "crac.pause|outside|which is neither continue nor external",
        "crac.pause.signal|KILLALL|which this JVM cannot hear",
        "crac.pause.signal|KILL|which this JVM cannot hear",
        "crac.pause.signal|QUIT|which this JVM cannot hear",
        "crac.pause.timeout|soon|which is not a duration",
        "crac.pause.ready-file|/no/such/folder/ready|it cannot be written into its folder",
      })
  @DisplayName("is refused before anything is stopped where a setting is wrong")
  void wrongSetting(String name, String value, String words) {
    System.setProperty(name, value);
    assertThat(engine.unavailable(REQUEST).orElseThrow()).hasMessageContaining(words);
  }

  @Test
  @DisplayName("goes before every engine on the class path, also misspelled, and only then")
  void rank() {
    assertThat(engine.rank()).isEqualTo(1000);
    System.setProperty("crac.pause", "outside");
    assertThat(engine.rank()).isEqualTo(1000);
    System.setProperty("crac.pause", "continue");
    System.setProperty("crac.pause.mode", "external");
    assertThat(engine.rank()).as("the short form goes first").isZero();
    System.clearProperty("crac.pause");
    assertThat(engine.rank()).isEqualTo(1000);
  }

  @Test
  @DisplayName("can be done without a signal, and be named by crac.pause.mode")
  void names() throws Exception {
    System.clearProperty("crac.pause");
    System.setProperty("crac.pause.mode", "external");
    System.setProperty("crac.pause.signal", "none");
    assertThat(engine.unavailable(REQUEST)).isEmpty();
    pauses();
    assertThat(Files.readString(ready)).doesNotContain("signal");
    Files.delete(ready);
    goesOn();
  }
}
