/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Holds a restore where it waits before it looks through what is mapped. */
final class HeldLook {

  private static final Duration LIMIT = Duration.ofSeconds(60);

  private HeldLook() {}

  /** The folder to put first in PATH: the look begins when there is the file. */
  static Path commands(Path folder, Path until) throws Exception {
    Path commands = Files.createDirectory(folder.resolve("commands"));
    Services.script(
        commands.resolve("sleep"),
        "#!/bin/sh",
        "[ \"$1\" = 2 ] || exec /bin/sleep \"$1\"",
        "echo $PPID > '" + folder.resolve("held.new") + "'",
        "mv '" + folder.resolve("held.new") + "' '" + folder.resolve("held") + "'",
        "while [ ! -e '" + until + "' ] && kill -0 $PPID; do /bin/sleep 0.01; done");
    return commands;
  }

  /** Waits until it is held, and tells which process looks. */
  static long await(Path folder) throws Exception {
    Path held = folder.resolve("held");
    assertThat(Deadline.after(LIMIT).await(() -> Files.exists(held))).isTrue();
    return Long.parseLong(Files.readString(held).strip());
  }

  /** Waits until that process has ended. */
  static void awaitEnd(long process) throws Exception {
    Path stat = Path.of("/proc/" + process + "/stat");
    assertThat(
            Deadline.after(LIMIT)
                .await(() -> !Files.exists(stat) || Files.readString(stat).contains(") Z ")))
        .isTrue();
  }
}
