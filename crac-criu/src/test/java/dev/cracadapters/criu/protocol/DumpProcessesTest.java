/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The dump script and its guard")
class DumpProcessesTest {

  @TempDir Path staging;
  private Process script;
  private Process guard;
  private DumpProcesses processes;

  @BeforeEach
  void start() throws IOException {
    script = new ProcessBuilder("sleep", "1000").start();
    guard = new ProcessBuilder("sleep", "1000").start();
    processes = DumpProcesses.in(staging);
  }

  @AfterEach
  void end() {
    script.destroyForcibly();
    guard.destroyForcibly();
  }

  private void writeStarted() throws IOException {
    Files.writeString(staging.resolve("started"), script.pid() + "\n");
  }

  private void writeScripts() throws IOException {
    Files.writeString(staging.resolve("scripts"), script.pid() + " " + guard.pid() + "\n");
  }

  private void awaitBoth() throws Exception {
    try (Mailbox mailbox = Mailbox.in(staging)) {
      assertThat(processes.awaitBoth(mailbox, Deadline.after(Duration.ofSeconds(60)))).isTrue();
    }
  }

  private static void kill(Process process) throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Whoever looks late finds both at the first look, and no folder at the second. */
  @Test
  @DisplayName("are known for good once both have been seen")
  void folderIsGone() throws Exception {
    writeStarted();
    writeScripts();
    awaitBoth();
    Files.delete(staging.resolve("started"));
    Files.delete(staging.resolve("scripts"));
    assertThat(processes.haveEnded()).isFalse();
    kill(script);
    assertThat(processes.haveEnded()).isFalse();
    kill(guard);
    assertThat(processes.haveEnded()).isTrue();
  }

  @Test
  @DisplayName("have not ended before they were started")
  void notStarted() {
    assertThat(processes.haveEnded()).isFalse();
  }

  @Test
  @DisplayName("have ended with the script, where there is no guard yet")
  void noGuard() throws Exception {
    writeStarted();
    assertThat(processes.haveEnded()).isFalse();
    kill(script);
    assertThat(processes.haveEnded()).isTrue();
  }
}
