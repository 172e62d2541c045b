/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.policy;

import static dev.cracadapters.criu.policy.OpenServices.ask;
import static dev.cracadapters.criu.policy.OpenServices.open;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@RequiresCriu
@Tag("soak")
@DisplayName("An open file that a policy ignores")
class StaleFilesIT {

  private static final List<String> READERS =
      List.of("FileInputStream", "RandomAccessFile", "FileChannel", "newInputStream");
  private static final List<String> WRITERS =
      List.of("FileOutputStream", "RandomAccessFile", "FileChannel", "newOutputStream");

  @TempDir Path temp;
  private Path folder;
  private OpenServices services;

  @BeforeEach
  void realFolder() throws Exception {
    folder = temp.toRealPath();
    services = new OpenServices(folder);
    services.policies("type: file\npath: " + folder + "/*.dat\naction: ignore\n");
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  /** A service with a file of its own for each way to read and to write, and one that stays. */
  private void checkpointed(String... options) throws Exception {
    try (RunningProcess service = services.start("original", options)) {
      for (String kind : READERS) {
        Files.writeString(read(kind), "0123456789");
        open(service, kind, "r-" + kind, read(kind));
        assertThat(ask(service, "read", "r-" + kind, "3")).isEqualTo("012");
      }
      for (String kind : WRITERS) {
        open(service, kind, "w-" + kind, written(kind));
        assertThat(ask(service, "write", "w-" + kind, "before")).isEqualTo("done");
      }
      Files.writeString(folder.resolve("same.dat"), "0123456789");
      open(service, "FileInputStream", "same", folder.resolve("same.dat"));
      ask(service, "read", "same", "3");
      OpenServices.checkpoint(service);
    }
  }

  private Path read(String kind) {
    return folder.resolve("read-" + kind + ".dat");
  }

  private Path written(String kind) {
    return folder.resolve("written-" + kind + ".dat");
  }

  @ParameterizedTest
  @ValueSource(strings = {"lenient", "strict"})
  @DisplayName("is as it was after a restore, when nobody has changed it")
  void unchanged(String audit) throws Exception {
    checkpointed("-Dcrac.audit=" + audit);
    try (RunningProcess service = services.restored("restored")) {
      for (String kind : READERS) {
        assertThat(ask(service, "read", "r-" + kind, "3")).as(kind).isEqualTo("345");
      }
      for (String kind : WRITERS) {
        assertThat(ask(service, "write", "w-" + kind, "after")).as(kind).isEqualTo("done");
        assertThat(written(kind)).as(kind).hasContent("beforeafter");
      }
      OpenServices.end(service);
    }
  }

  @Test
  @DisplayName("is an IOException with the path and the reason when its size has changed")
  @Tag("essential")
  void changed() throws Exception {
    checkpointed();
    for (String kind : READERS) {
      Files.writeString(read(kind), "0123456789!");
    }
    for (String kind : WRITERS) {
      Files.writeString(written(kind), "by another");
    }
    try (RunningProcess service = services.restored("restored")) {
      for (String kind : READERS) {
        assertThat(ask(service, "read", "r-" + kind, "3"))
            .isEqualTo(
                "IOException: "
                    + read(kind)
                    + ": its size has changed from 10 to 11 bytes since the checkpoint");
      }
      for (String kind : WRITERS) {
        assertThat(ask(service, "write", "w-" + kind, "after"))
            .isEqualTo(
                "IOException: "
                    + written(kind)
                    + ": its size has changed from 6 to 10 bytes since the checkpoint");
        assertThat(written(kind)).hasContent("by another");
      }
      goesOn(service);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "--clone"})
  @DisplayName("is an IOException with the path and the reason when it is gone")
  void gone(String option) throws Exception {
    checkpointed();
    for (String kind : READERS) {
      Files.delete(read(kind));
    }
    for (String kind : WRITERS) {
      Files.delete(written(kind));
    }
    String[] options = option.isEmpty() ? new String[0] : new String[] {option};
    try (RunningProcess service = services.restored("restored", options)) {
      for (String kind : READERS) {
        assertThat(ask(service, "read", "r-" + kind, "3"))
            .isEqualTo("IOException: " + read(kind) + ": it is gone since the checkpoint");
      }
      for (String kind : WRITERS) {
        assertThat(ask(service, "write", "w-" + kind, "after"))
            .isEqualTo("IOException: " + written(kind) + ": it is gone since the checkpoint");
        assertThat(written(kind)).doesNotExist();
      }
      goesOn(service);
    }
  }

  /** Files that are as they were, new files, and a stream that is closed and opened again. */
  private void goesOn(RunningProcess service) throws Exception {
    assertThat(ask(service, "read", "same", "3")).isEqualTo("345");
    assertThat(ask(service, "close", "r-FileInputStream", "")).isEqualTo("done");
    assertThat(ask(service, "read", "r-FileInputStream", "3"))
        .isEqualTo("IOException: Stream Closed");
    // Its descriptor is the lowest that is free: the new file has it.
    Path fresh = Files.writeString(folder.resolve("fresh"), "fresh");
    open(service, "FileInputStream", "fresh", fresh);
    assertThat(ask(service, "read", "fresh", "5")).isEqualTo("fresh");
    OpenServices.end(service);
  }

  @Test
  @DisplayName("may have grown where the process only appends to it")
  void appended() throws Exception {
    Path log = folder.resolve("log.dat");
    try (RunningProcess service = services.start("original")) {
      open(service, "append", "log", log);
      ask(service, "write", "log", "before-");
      OpenServices.checkpoint(service);
    }
    Files.writeString(log, "before-by another-");
    try (RunningProcess service = services.restored("restored")) {
      assertThat(ask(service, "write", "log", "after")).isEqualTo("done");
      assertThat(log).hasContent("before-by another-after");
      OpenServices.end(service);
    }
  }

  @Test
  @DisplayName("is an exception in the kernel's words for a channel that cannot be taught others")
  void asynchronous() throws Exception {
    Path file = Files.writeString(folder.resolve("asynchronous.dat"), "0123456789");
    try (RunningProcess service = services.start("original")) {
      open(service, "AsynchronousFileChannel", "channel", file);
      OpenServices.checkpoint(service);
    }
    Files.writeString(file, "0123456789!");
    try (RunningProcess service = services.restored("restored")) {
      assertThat(ask(service, "read", "channel", "3")).isEqualTo("IOException: Is a directory");
      OpenServices.end(service);
    }
  }

  @Test
  @DisplayName("is found before anything is started when it is mapped into memory, too")
  void mapped() throws Exception {
    Path file = Files.writeString(folder.resolve("mapped.dat"), "0123456789");
    try (RunningProcess service = services.start("original")) {
      open(service, "FileChannel", "channel", file);
      assertThat(ask(service, "map", "channel", "")).isEqualTo("done");
      OpenServices.checkpoint(service);
    }
    try (RunningProcess service = services.restored("restored")) {
      OpenServices.end(service);
    }
    Files.writeString(file, "0123456789!");
    try (RunningProcess restore = services.image().restore().start(folder, "refused")) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.error())
          .contains(
              "the file "
                  + file
                  + " is mapped into the process's memory, and its size has changed from 10 to 11"
                  + " bytes since the checkpoint: put it back as it was");
    }
  }
}
