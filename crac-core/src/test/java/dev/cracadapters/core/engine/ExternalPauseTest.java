/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.Registration;
import dev.cracadapters.core.RestoreInfo;
import dev.cracadapters.core.support.SignalHandling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A pause for something outside")
class ExternalPauseTest {

  private static final CheckpointRequest REQUEST =
      new CheckpointRequest(null, List.of(), List.of(), List.of(), 0, false);
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final List<String> SETTINGS =
      List.of("", ".mode", ".file", ".ready-file", ".go-file", ".signal", ".timeout");

  @TempDir Path folder;

  private final AtomicLong wallClock = new AtomicLong(1_000_000);
  private final AtomicLong nanoClock = new AtomicLong(7);
  private final PauseEngine engine = new PauseEngine();
  private @Nullable FutureTask<Snapshot> pause;
  private Path ready;
  private Path go;

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
  private void kernelSays(String started, String boot) throws IOException {
    String fields = "S 1 1 1 0 -1 4194560 1 0 0 0 1 1 0 0 20 0 30 0 " + started + " 1 2 3";
    Files.writeString(folder.resolve("self/stat"), "99 (ja) va 1 2) " + fields);
    Files.writeString(folder.resolve("sys/kernel/random/boot_id"), boot);
  }

  /** Pauses, with the clocks and the kernel of this test. */
  private void pauses() {
    ExternalPause external =
        new ExternalPause(
            PauseSettings.fromSystemProperties(),
            () -> new RestoreSigns(folder, wallClock::get, nanoClock::get));
    pause = new FutureTask<>(external::await);
    new Thread(pause, "pause").start();
    await().atMost(LIMIT).until(() -> Files.exists(ready) || pause.isDone());
    assertThat(pause).isNotDone();
  }

  private @Nullable RestoreInfo goesOn() throws Exception {
    return pause.get(LIMIT.toSeconds(), TimeUnit.SECONDS).restore();
  }

  private void goFile(String text) throws IOException {
    Path whole = Files.writeString(folder.resolve("go.new"), text);
    Files.move(whole, go, StandardCopyOption.ATOMIC_MOVE);
  }

  private static void kill(String signal) throws Exception {
    Process kill =
        new ProcessBuilder("sh", "-c", "kill -s " + signal + " " + ProcessHandle.current().pid())
            .start();
    assertThat(kill.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(kill.exitValue()).isZero();
  }

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

  @ParameterizedTest
  @CsvSource({"4712, first boot, 8000", "4711, second boot, 8000", "4712, first boot, 10"})
  @DisplayName("ends by itself in a restored process, which the kernel's notes give away")
  void restored(String started, String boot, long millis) throws Exception {
    pauses();
    kernelSays(started, boot);
    wallClock.addAndGet(millis); // while the monotonic clock stood still
    RestoreInfo first = goesOn();
    assertThat(first).isNotNull();
    assertThat(first.instanceId()).hasSize(36);
    assertThat(first.environment()).isEqualTo(System.getenv());
    assertThat(first.arguments()).isEmpty();
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
  @DisplayName("sees a restore also where it was told to go on at once")
  void restoredAndTold() throws Exception {
    pauses();
    kernelSays("5000", "first boot");
    kill("CONT");
    assertThat(goesOn()).isNotNull();
  }

  @Test
  @DisplayName("waits in a restored process for the go file that is named, with its time anew")
  void restoredWaits() throws Exception {
    System.setProperty("crac.pause.go-file", go.toString());
    pauses();
    kernelSays("5000", "first boot");
    wallClock.addAndGet(8_000);
    assertThat(Deadline.after(Duration.ofMillis(150)).await(pause::isDone)).isFalse();
    goFile("PORT=8082");
    assertThat(goesOn().environment()).containsEntry("PORT", "8082");
  }

  @Test
  @DisplayName("brings a restored process back even if nobody says anything")
  void restoredAndNobody() throws Exception {
    System.setProperty("crac.pause.go-file", go.toString());
    System.setProperty("crac.pause.timeout", "300ms");
    pauses();
    kernelSays("5000", "first boot");
    assertThat(goesOn()).isNotNull();
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
                + " has told, or raise crac.pause.timeout");
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
