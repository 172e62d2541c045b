/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import static dev.cracadapters.core.CoordinatorSettings.AuditMode.STRICT;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The strict audit of files of the kernel")
class KernelFileAuditTest {

  private static final String FILE = "/proc/" + ProcessHandle.current().pid() + "/status";

  @Test
  @DisplayName("does not see what is open for a moment, as the JVM reads its memory limit")
  void forAMoment() throws Exception {
    FutureTask<List<Descriptor>> reading =
        new FutureTask<>(() -> OpenDescriptors.readLasting(Duration.ofSeconds(60)));
    try (InputStream open = Files.newInputStream(Path.of(FILE))) {
      assertThat(open.read()).isPositive();
      Thread reader = new Thread(reading);
      reader.start();
      Awaitility.await().until(() -> reader.getState() == Thread.State.TIMED_WAITING);
      assertThat(reading.isDone()).isFalse();
    }
    assertThat(reading.get(30, TimeUnit.SECONDS))
        .isNotEmpty()
        .noneMatch(descriptor -> descriptor.target().equals(FILE));
  }

  @Test
  @DisplayName("refuses what stays open")
  void forGood() throws Exception {
    try (InputStream open = Files.newInputStream(Path.of(FILE))) {
      assertThat(open.read()).isPositive();
      assertThat(Audited.refusal(STRICT, FILE))
          .hasValueSatisfying(
              message ->
                  assertThat(message)
                      .contains("a CRaC JDK refuses an open file that is not on the class path"));
    }
  }
}
