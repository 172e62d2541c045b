/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.policy;

import static dev.cracadapters.criu.policy.OpenServices.ask;
import static dev.cracadapters.criu.policy.OpenServices.open;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("soak")
@RequiresCriu
@DisplayName("A file that a policy wants reopened")
class PolicyFilesIT {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir Path temp;
  private Path folder;
  private OpenServices services;
  private Path read;
  private Path log;

  @BeforeEach
  void realFolder() throws Exception {
    folder = temp.toRealPath();
    services = new OpenServices(folder);
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  @ParameterizedTest
  @ValueSource(strings = {"lenient", "strict"})
  @DisplayName(
      "goes on at its position, as often as it is restored, whatever was written meanwhile")
  void position(String audit) throws Exception {
    Path read = Files.writeString(folder.resolve("read me.txt"), "0123456789");
    Path written = folder.resolve("it's written");
    Path log = folder.resolve("app.log");
    services.policies(
        """
        # every file here
        type: FILE
        path: %s/**
        action: reopen
        warn: false
        """
            .formatted(folder));
    try (RunningProcess service = services.start("original", "-Dcrac.audit=" + audit)) {
      open(service, "FileInputStream", "in", read);
      open(service, "RandomAccessFile", "both", read);
      open(service, "FileOutputStream", "out", written);
      open(service, "append", "log", log);
      open(service, "FileChannel", "channel", written);
      assertThat(ask(service, "read", "in", "3")).isEqualTo("012");
      assertThat(ask(service, "read", "both", "5")).isEqualTo("01234");
      assertThat(ask(service, "write", "out", "before-")).isEqualTo("done");
      assertThat(ask(service, "write", "log", "before-")).isEqualTo("done");
      assertThat(ask(service, "read", "channel", "2")).isEqualTo("be");
      OpenServices.checkpoint(service);
    }
    for (int turn = 1; turn <= 2; turn++) {
      // What the turn before wrote has changed all sizes.
      try (RunningProcess service = services.restored("restored" + turn)) {
        assertThat(ask(service, "read", "in", "3")).isEqualTo("345");
        assertThat(ask(service, "read", "both", "2")).isEqualTo("56");
        assertThat(ask(service, "read", "channel", "3")).isEqualTo("for");
        assertThat(ask(service, "write", "out", "after" + turn)).isEqualTo("done");
        assertThat(ask(service, "write", "log", "after" + turn)).isEqualTo("done");
        assertThat(written).hasContent("before-after" + turn);
        OpenServices.end(service);
      }
      Files.writeString(read, "0123456789 and more, turn " + turn);
    }
    assertThat(log).hasContent("before-after1after2");
  }

  @Tag("essential")
  @Test
  @DisplayName("is made anew where it is gone and is written, and otherwise said to be missing")
  void gone() throws Exception {
    Path read = Files.writeString(folder.resolve("read"), "0123456789");
    Path log = folder.resolve("log");
    services.policies("type: file\naction: reopen\n");
    try (RunningProcess service = services.start("original")) {
      open(service, "FileInputStream", "in", read);
      open(service, "append", "log", log);
      ask(service, "write", "log", "before");
      OpenServices.checkpoint(service);
    }
    Files.delete(log);
    try (RunningProcess service = services.restored("restored")) {
      ask(service, "write", "log", "after");
      assertThat(log).hasContent("after");
      OpenServices.end(service);
    }
    Files.delete(read);
    try (RunningProcess restore = services.image().restore("--check").start(folder, "check")) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.error())
          .contains("the file " + read + ", which a policy wants reopened, is gone: put it back");
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("is refused where something else is in its place, which CRIU would wait for")
  void fifo() throws Exception {
    readAndWritten();
    for (Path one : List.of(read, log)) {
      Path aside = folder.resolve("aside");
      Files.move(one, aside);
      for (String other : List.of("mkfifo", "mkdir")) {
        run(other, one.toString());
        try (RunningProcess restore = services.image().restore().start(folder, "refused")) {
          assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
          assertThat(restore.error())
              .contains(
                  "at "
                      + one
                      + ", which a policy wants reopened, is something else than a file: remove it");
        }
        Files.delete(one);
      }
      Files.move(aside, one);
    }
    try (RunningProcess service = services.restored("restored")) {
      assertThat(ask(service, "read", "in", "3")).isEqualTo("012");
      OpenServices.end(service);
    }
  }

  private void readAndWritten() throws Exception {
    read = Files.writeString(folder.resolve("read"), "0123456789");
    log = folder.resolve("log");
    services.policies("type: file\naction: reopen\n");
    try (RunningProcess service = services.start("original", "-Dcrac.criu.restore-timeout=5s")) {
      open(service, "FileInputStream", "in", read);
      open(service, "append", "log", log);
      OpenServices.checkpoint(service);
    }
  }

  /** Nobody can look and open at once: then CRIU is ended, and what it has restored. */
  @Test
  @DisplayName("ends CRIU after the time limit where a FIFO was put in its place after the look")
  void fifoAfterTheLook() throws Exception {
    readAndWritten();
    for (Path one : List.of(read, log)) {
      for (String way : List.of("--", "--clone")) {
        try (RunningProcess restore = replacedMeanwhile(one, way)) {
          assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
          assertThat(restore.error())
              .contains(
                  "the process was not back in service within 5 s: "
                      + one
                      + " is no file any more, which CRIU opened: put the file back");
        }
        nothingIsHalfRestored(one);
      }
    }
    try (RunningProcess restore = replacedMeanwhile(log, "--")) {
      // CRIU is at work, and has the process.
      long pid = services.image().pid();
      Deadline.after(LIMIT).await(() -> Services.lives(pid));
      assertThat(Services.lives(pid)).isTrue();
      restore.signal("KILL");
      assertThat(restore.awaitExit()).isEqualTo(137);
    }
    nothingIsHalfRestored(log);
    try (RunningProcess service = services.restored("restored")) {
      assertThat(ask(service, "read", "in", "3")).isEqualTo("012");
      OpenServices.end(service);
    }
  }

  private RunningProcess replacedMeanwhile(Path file, String way) throws Exception {
    Path criu =
        Services.script(
            folder.resolve("criu-after-the-look"),
            "#!/bin/sh",
            "[ \"$1\" != restore ] || { mv '%1$s' '%1$s.aside'; mkfifo '%1$s'; }".formatted(file),
            "exec '" + WorkingCriu.here().path() + "' \"$@\"");
    return services
        .image()
        .restore(way)
        .environment("CRAC_CRIU", criu.toString())
        .start(folder, "meanwhile");
  }

  private void nothingIsHalfRestored(Path file) throws Exception {
    Services.assertNothingLeft(folder);
    Path process = Path.of("/proc", Long.toString(services.image().pid()));
    Deadline.after(LIMIT).await(() -> Files.notExists(process));
    assertThat(process).doesNotExist();
    Files.move(Path.of(file + ".aside"), file, StandardCopyOption.REPLACE_EXISTING);
  }

  private static void run(String... command) throws Exception {
    assertThat(new ProcessBuilder(command).start().waitFor()).isZero();
  }

  @Test
  @DisplayName("goes on in a clone as well")
  void clone_() throws Exception {
    Path read = Files.writeString(folder.resolve("read"), "0123456789");
    services.policies("type: file\naction: reopen\n");
    try (RunningProcess service = services.start("original")) {
      open(service, "newInputStream", "in", read);
      ask(service, "read", "in", "3");
      OpenServices.checkpoint(service);
    }
    Files.writeString(read, "abcdefghijklmnop");
    try (RunningProcess one = services.restored("one", "--clone");
        RunningProcess two = services.restored("two", "--clone")) {
      assertThat(ask(one, "read", "in", "3")).isEqualTo("def");
      assertThat(ask(two, "read", "in", "3")).isEqualTo("def");
      OpenServices.end(one);
      OpenServices.end(two);
    }
  }
}
