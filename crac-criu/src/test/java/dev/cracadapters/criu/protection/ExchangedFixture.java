/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protection;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.OrdinaryUser;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** An image of root's, and a folder of root's that lies in one of another user's. */
abstract class ExchangedFixture {

  static final String HIS = " belongs to user 4002";

  @TempDir static Path folder;
  static Image image;

  /** The stranger's. */
  Path theirs;

  /** Root's own, inside. */
  Path inside;

  @BeforeAll
  static void takeACheckpoint() throws Exception {
    OrdinaryUser.impossible().ifPresent(reason -> assumeTrue(false, reason));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    image = Services.checkpointed(folder);
  }

  @BeforeEach
  void theirFolder() throws Exception {
    theirs = Files.createDirectory(folder.resolve("theirs"));
    inside = Files.createDirectory(theirs.resolve("inside"));
    Files.setAttribute(theirs, "unix:uid", 4002);
  }

  @AfterEach
  void nothingWasMadeThere() throws Exception {
    Services.assertNothingLeft(folder);
    try (Stream<Path> all = Files.walk(theirs)) {
      for (Path one : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(one);
      }
    }
  }

  static String refusal(Image.Restore restore) throws Exception {
    try (RunningProcess refused = restore.start(folder, "refused")) {
      assertThat(refused.awaitExit()).as(refused.told()).isEqualTo(125);
      assertThat(refused.output()).isEmpty();
      return refused.error();
    }
  }

  static Path secret(Path file) throws IOException {
    Files.writeString(file, "0123456789abcdef0123456789abcdef\n");
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  static Image checkpointed(String name, String... options) throws Exception {
    Path target = folder.resolve(name);
    try (RunningProcess original =
        Services.command(target).options(options).start(folder, "original")) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=");
      Services.checkpoint(original);
    }
    return new Image(target);
  }

  static void refuses(JvmCommand command, Map<String, String> environment, String... words)
      throws Exception {
    try (RunningProcess service =
        RunningProcess.start(command.words(), environment, folder, "service")) {
      service.awaitLine("ready");
      assertThat(ask(service, "checkpoint", "refused")).contains(words);
      assertThat(ask(service, "state", "state")).contains("calls=[]");
      end(service);
    }
  }
}
