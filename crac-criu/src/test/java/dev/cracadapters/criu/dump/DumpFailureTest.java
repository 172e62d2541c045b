/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A dump that failed")
class DumpFailureTest {

  @TempDir Path staging;

  @Test
  @DisplayName("is told in CRIU's words, with a remedy")
  void failed() throws Exception {
    Files.createDirectory(staging.resolve("criu"));
    Files.writeString(
        staging.resolve("dump.log"),
        """
        (00.000001) Version: 4.1.1
        (00.000002) Error (criu/util.c:1): RLIMIT_NOFILE is too small
        (00.000003) Error (criu/io_uring.c:2): io_uring is not supported
        """);
    Files.writeString(staging.resolve("criu.out"), "Error (criu/cr-dump.c:3): Dumping FAILED.\n");
    assertThat(DumpFailure.of("criu dump ended with exit status 1", staging))
        .hasMessageStartingWith("CRIU: criu dump ended with exit status 1. It said: ")
        .hasMessageContaining("io_uring is not supported")
        .hasMessageContaining("Dumping FAILED. Use NIO")
        .hasMessageEndingWith("Use NIO or epoll instead of io_uring")
        .hasMessageNotContaining("RLIMIT_NOFILE")
        .hasMessageNotContaining("Version");
  }

  @Test
  @DisplayName("is told once, however often CRIU says it")
  void repeated() throws Exception {
    String full = "Error (criu/bfd.c:131): bfd: Error flushing image: No space left on device";
    Files.writeString(staging.resolve("dump.log"), (full + "\n").repeat(3));
    assertThat(DumpFailure.of("criu dump ended with exit status 1", staging))
        .hasMessage(
            "CRIU: criu dump ended with exit status 1. It said: "
                + full
                + ". Free some space, or name an image folder on another disk");
  }

  @Test
  @DisplayName("because of a seccomp filter is told how to have none")
  void filtered() throws Exception {
    Files.writeString(
        staging.resolve("dump.log"),
        "Error (compel/src/lib/ptrace.c:27): suspending seccomp failed: Operation not permitted\n");
    assertThat(DumpFailure.of("criu dump ended with exit status 1", staging))
        .hasMessageContaining("--security-opt seccomp=unconfined");
  }
}
