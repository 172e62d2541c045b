/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("soak")
@RequiresCriu
@DisplayName("A restore ends as the process ends")
class ExitStatusIT {

  @TempDir static Path folder;
  private static Image image;

  @BeforeAll
  static void takeACheckpoint() throws Exception {
    image = Services.checkpointed(folder);
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
    assertThat(Path.of("/proc", Long.toString(image.pid()))).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 127, 255})
  @DisplayName("with the status of System.exit")
  void exit(int status) throws Exception {
    try (RunningProcess service = restored(image, folder, "exit" + status)) {
      service.send("exit " + status);
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(status);
    }
  }

  /** What it is to do waits in its standard input. */
  @Tag("essential")
  @Test
  @DisplayName(
      "with its own status, and goes on when CRIU has let go of it, and its image is whole")
  void slowCriu() throws Exception {
    Path commands = Files.createDirectory(folder.resolve("slow"));
    Path whole = folder.resolve("whole");
    Path go = folder.resolve("go");
    Services.holdChecksums(commands, whole);
    Path parent =
        Services.script(
            commands.resolve("parent"),
            "#!/usr/bin/perl", // a shell might reap the process
            "open my $go, '<', '" + go + "' or die; <$go>; exec '/bin/sh', @ARGV;");
    Path criu =
        Services.script(
            commands.resolve("criu"),
            "#!/bin/sh",
            "[ -p '" + go + "' ] || mkfifo '" + go + "'",
            "left=$# found=false",
            "while [ $left -gt 0 ]; do",
            "  word=$1",
            "  shift",
            "  left=$((left - 1))",
            "  if [ $found = next ]; then word='" + parent + "' found=true; fi",
            "  if [ $found = false ] && [ \"$word\" = -- ]; then found=next; fi",
            "  set -- \"$@\" \"$word\"",
            "done",
            "exec '" + WorkingCriu.here().path() + "' \"$@\"");
    try (RunningProcess service =
        image
            .restore()
            .environment("PATH", commands + ":" + System.getenv("PATH"))
            .environment("CRAC_CRIU", criu.toString())
            .start(folder, "slowCriu")) {
      service.send("exit 7");
      awaitStopped(); // but for that, it would never be seen so: it would be at its end
      Files.createFile(whole);
      awaitStopped();
      try (RandomAccessFile fifo = new RandomAccessFile(go.toFile(), "rw")) { // waits for no reader
        fifo.writeBytes("on\n");
        assertThat(service.awaitExit()).as(service.told()).isEqualTo(7);
      }
    }
  }

  private static void awaitStopped() throws Exception {
    Path stat = Path.of("/proc", Long.toString(image.pid()), "stat");
    Deadline.after(Duration.ofSeconds(30)).await(() -> read(stat).contains(") T "));
    assertThat(read(stat)).contains(") T ");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return ""; // it is not there yet
    }
  }

  /** CRIU lets go of one thread after the other, the first one first, which ends the process. */
  @Tag("essential")
  @Test
  @DisplayName("with its own status also where it has many threads and ends at once")
  void manyThreads() throws Exception {
    Path own = Files.createDirectory(folder.resolve("many"));
    Path target = own.resolve("image");
    try (RunningProcess original = Services.command(target).start(own, "original")) {
      original.awaitLine("ready");
      ask(original, "threads 300", "started");
      Services.checkpoint(original);
    }
    Image many = new Image(target);
    try (RunningProcess service = many.restore().start(own, "restored")) {
      service.send("halt 9");
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(9);
    }
  }

  @Test
  @DisplayName("with the status of Runtime.halt")
  void halt() throws Exception {
    try (RunningProcess service = restored(image, folder, "halt")) {
      service.send("halt 3");
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(3);
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("with the status of a main method that returns")
  void returns() throws Exception {
    try (RunningProcess service = image.restore().start(folder, "returns")) {
      service.awaitLine("restored");
      service.closeInput();
      assertThat(service.awaitExit()).as(service.told()).isZero();
      assertThat(service.output()).contains("end of input");
    }
  }

  @ParameterizedTest
  @CsvSource({"TERM, 143", "INT, 130", "HUP, 129"})
  @DisplayName("by the signals that the JVM ends by in order, sent to the script")
  void orderlySignal(String signal, int status) throws Exception {
    try (RunningProcess service = restored(image, folder, "signal" + signal)) {
      service.signal(signal);
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(status);
      // The shutdown hooks ran: it was the JVM that decided to end.
      assertThat(service.output()).contains("shutdown hook");
    }
  }

  @ParameterizedTest
  @CsvSource({"KILL, 137", "ABRT, 134"})
  @DisplayName("by the signals that it cannot withstand, sent to the process itself")
  void deadlySignal(String signal, int status) throws Exception {
    try (RunningProcess service = restored(image, folder, "deadly" + signal)) {
      RunningProcess.signal(signal, image.pid());
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(status);
      assertThat(service.output()).doesNotContain("shutdown hook");
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("in order when all that belongs to it is sent a TERM, as systemd does")
  void everybody() throws Exception {
    try (RunningProcess service = restored(image, folder, "everybody")) {
      List<Long> everybody = service.below();
      assertThat(everybody).contains(image.pid()).hasSizeGreaterThan(1);
      for (long one : everybody) { // some of them may be at their end
        ProcessHandle.of(one).ifPresent(ProcessHandle::destroy);
      }
      service.signal("TERM");
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(143);
      assertThat(service.output()).contains("shutdown hook");
    }
  }

  @Test
  @DisplayName("by a signal that a C program would end by, sent to the script")
  void usr1() throws Exception {
    try (RunningProcess service = restored(image, folder, "usr1")) {
      service.signal("USR1");
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(128 + 10);
    }
  }

  @Test
  @DisplayName("and not by QUIT, of which the JVM prints its threads")
  void quit() throws Exception {
    try (RunningProcess service = restored(image, folder, "quit")) {
      service.signal("QUIT");
      service.awaitLine("Full thread dump");
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 5, 20, 40, 60, 80, 120})
  @DisplayName("by a TERM that came before it was back, at whatever moment")
  void early(int milliseconds) throws Exception {
    try (RunningProcess service =
        image
            .restore()
            .by(
                "sh",
                "-c",
                "(sleep 0.%03d; kill -TERM $$) & exec \"$@\"".formatted(milliseconds),
                "caller")
            .start(folder, "early" + milliseconds)) {
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(143);
    }
  }

  @ParameterizedTest
  @CsvSource({"7, exit 7", "134, abort"})
  @DisplayName("where sh is bash, too")
  void bash(int status, String command) throws Exception {
    for (int turn = 0; turn < 2; turn++) {
      try (RunningProcess service =
          image
              .restore()
              .by(
                  "unshare",
                  "--mount",
                  "sh",
                  "-c",
                  "mount --bind \"$(command -v bash)\" \"$(readlink -f /bin/sh)\" && exec \"$@\"",
                  "caller")
              .start(folder, "bash" + status + turn)) {
        service.awaitLine("restored");
        if (command.equals("abort")) {
          RunningProcess.signal("ABRT", image.pid());
        } else {
          service.send(command);
        }
        assertThat(service.awaitExit()).as(service.told()).isEqualTo(status);
      }
    }
  }
}
