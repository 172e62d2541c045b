/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.command.Commands.Ended;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("crac-criu checkpoint ends within its limits, and says why, where the JVM")
class UnansweredIT {

  private static final String CRIU = String.valueOf(WorkingCriu.here().path());

  @TempDir Path folder;
  private RunningProcess service;

  /** From then on an attach is not bounded by the JDK. */
  @BeforeEach
  void attachedOnce() throws Exception {
    service = Commands.plain().start(folder, "service");
    service.awaitLine("ready");
    assertThat(checkpoint(CRIU, "--leave-running").status()).isZero();
  }

  /** What was abandoned does no harm to the process, nor to the next one. */
  @AfterEach
  void theNextOneWorks() throws Exception {
    try (RunningProcess ending = service) {
      Ended ended = checkpoint(CRIU);
      assertThat(ended.status()).as(ended.told()).isZero();
      assertThat(ending.awaitExit()).as(ending.told()).isEqualTo(137);
    }
    assertThat(Services.names(Path.of("/tmp")))
        .noneMatch(name -> name.startsWith("crac-checkpoint-" + service.pid() + "-"));
  }

  private Ended checkpoint(String criu, String... more) throws Exception {
    String[] words = new String[more.length + 6];
    String[] first = {
      "checkpoint", Long.toString(service.pid()), "--criu", criu, "--image", folder + "/image"
    };
    System.arraycopy(first, 0, words, 0, first.length);
    System.arraycopy(more, 0, words, first.length, more.length);
    return Commands.run(folder, words);
  }

  @Tag("essential")
  @Test
  @DisplayName("is stopped")
  void stopped() throws Exception {
    service.signal("STOP");
    Ended ended = checkpoint(CRIU);
    service.signal("CONT");
    assertThat(ended.status()).as(ended.told()).isEqualTo(1);
    assertThat(ended.error())
        .isEqualTo(
            "checkpoint: PID %1$d: it is stopped, and answers nobody. Let it go on: kill -s CONT %1$d\n"
                .formatted(service.pid()));
  }

  @Test
  @DisplayName("is held by another tool that has stopped in the middle of its attach")
  void heldByAnotherTool() throws Exception {
    try (SocketChannel tool = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      tool.connect(UnixDomainSocketAddress.of("/tmp/.java_pid" + service.pid()));
      Ended ended = checkpoint(CRIU);
      assertThat(ended.status()).as(ended.told()).isEqualTo(1);
      assertThat(ended.error())
          .startsWith(
              "checkpoint: PID "
                  + service.pid()
                  + ": it did not answer the attach within 30 s. See whether another tool holds its"
                  + " attach socket (jcmd, jstack, a profiler)");
    }
  }

  @Test
  @DisplayName("is stopped while it takes the checkpoint")
  void stoppedMeanwhile() throws Exception {
    Path criu = Services.script(folder.resolve("criu"), "#!/bin/sh", "kill -STOP $PPID; sleep 1");
    Ended ended = checkpoint(criu.toString());
    assertThat(ended.status()).as(ended.told()).isEqualTo(5);
    assertThat(ended.error())
        .isEqualTo(
            "checkpoint: PID %1$d has been stopped for 10 s\n  Let it go on: kill -s CONT %1$d. It goes on with the checkpoint then\n"
                .formatted(service.pid()));
    service.signal("CONT");
    service.send("count");
    service.awaitLine("count=1");
  }
}
