/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import static dev.cracadapters.core.CoordinatorSettings.AuditMode.STRICT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.RefusedException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The strict audit of files of the kernel")
class KernelFileAuditTest {

  /** Slow to read, as the kernel puts it together then: it is open for a while. */
  private static final Path FILE = Path.of("/proc/" + ProcessHandle.current().pid() + "/smaps");

  @Test
  @DisplayName("lets pass what is open for a moment, as the JVM reads its memory limit")
  void forAMoment() throws Exception {
    AtomicBoolean goOn = new AtomicBoolean(true);
    CompletableFuture<Integer> reading = CompletableFuture.supplyAsync(() -> readUntil(goOn));
    List<String> refused = new ArrayList<>();
    int seen = 0;
    try {
      for (int i = 0; i < 2000 && seen < 10; i++) {
        if (isOpen()) {
          seen++;
        }
        refused.addAll(refusals());
      }
    } finally {
      goOn.set(false);
    }
    assertThat(reading.get(20, TimeUnit.SECONDS)).isPositive();
    assertThat(refused).isEmpty();
    assertThat(seen).as("times that it was seen open").isPositive();
  }

  private static int readUntil(AtomicBoolean goOn) {
    int times = 0;
    while (goOn.get()) {
      try (InputStream open = Files.newInputStream(FILE)) {
        times += open.readNBytes(20_000).length;
      } catch (IOException e) {
        return -1;
      }
      LockSupport.parkNanos(2_000_000);
    }
    return times;
  }

  @Test
  @DisplayName("refuses what stays open")
  void forGood() throws IOException {
    try (InputStream open = Files.newInputStream(FILE)) {
      assertThat(open.read()).isPositive();
      assertThat(refusals())
          .singleElement()
          .asString()
          .contains(FILE + ": a CRaC JDK refuses an open file that is not on the class path");
    }
  }

  private static boolean isOpen() throws IOException {
    return OpenDescriptors.read().stream()
        .anyMatch(descriptor -> descriptor.target().equals(FILE.toString()));
  }

  private static List<String> refusals() throws IOException {
    return new DescriptorAudit(STRICT, List.of())
        .run().refusals().stream()
            .map(RefusedException::getMessage)
            .filter(message -> message.contains(FILE.toString()))
            .toList();
  }
}
