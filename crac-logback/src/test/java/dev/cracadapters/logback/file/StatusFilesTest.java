/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.core.status.InfoStatus;
import ch.qos.logback.core.status.OnFileStatusListener;
import dev.cracadapters.logback.testing.Logs;
import dev.cracadapters.logback.testing.Xml;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A status listener that writes to a file")
@Timeout(60)
class StatusFilesTest {

  @TempDir Path temporary;
  private Logs logs;

  @BeforeEach
  void setUp() throws Exception {
    logs = new Logs(temporary.toRealPath());
    Xml.configure(
        logs.context,
        """
        <statusListener class="ch.qos.logback.core.status.OnFileStatusListener">
          <filename>%s</filename>
        </statusListener>
        """
            .formatted(logs.path("status.txt")));
  }

  @AfterEach
  void tearDown() {
    logs.context.getStatusManager().getCopyOfStatusListenerList().stream()
        .map(OnFileStatusListener.class::cast)
        .forEach(OnFileStatusListener::stop);
    logs.close();
  }

  private void say(String message) {
    logs.context.getStatusManager().add(new InfoStatus(message, this));
  }

  /** What the test said, in the order of the file. */
  private List<String> said() throws IOException {
    return logs.lines("status.txt").stream()
        .filter(line -> line.contains("said "))
        .map(line -> line.substring(line.indexOf("said ")))
        .toList();
  }

  @Test
  @DisplayName("has its file closed and opened again, with every message once and in order")
  void closedAndOpened() throws Exception {
    say("said before");
    logs.checkpoint();
    assertThat(logs.open()).isEmpty();
    say("said meanwhile");
    assertThat(said()).containsExactly("said before");
    logs.restore();
    say("said after");
    assertThat(said()).containsExactly("said before", "said meanwhile", "said after");
    assertThat(logs.open()).containsExactly("status.txt");
  }

  @Test
  @DisplayName("finds every message of threads that report through many checkpoints")
  void nothingLost() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(2);
    List<String> expected = IntStream.range(0, 2_000).mapToObj(i -> "said " + i).toList();
    threads.execute(() -> expected.forEach(this::say));
    threads.shutdown();
    int cycles = 0;
    while (cycles++ < 20 || !threads.isTerminated()) {
      logs.checkpoint();
      assertThat(logs.open()).isEmpty();
      logs.restore();
    }
    assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    assertThat(said()).containsExactlyElementsOf(expected);
  }

  @Test
  @DisplayName("writes what it kept when it is stopped meanwhile, and stays closed")
  void stopped() throws Exception {
    logs.checkpoint();
    say("said meanwhile");
    ((OnFileStatusListener) logs.context.getStatusManager().getCopyOfStatusListenerList().get(0))
        .stop();
    assertThat(said()).containsExactly("said meanwhile");
    logs.restore();
    assertThat(logs.open()).isEmpty();
    assertThat(said()).containsExactly("said meanwhile");
  }

  @Test
  @DisplayName("is stopped at a checkpoint where a reset has left its file open")
  void leftByReset() throws Exception {
    say("said before");
    logs.context.reset();
    assertThat(logs.open()).containsExactly("status.txt");
    logs.checkpoint();
    assertThat(logs.open()).isEmpty();
    logs.restore();
    assertThat(logs.open()).isEmpty();
    assertThat(said()).containsExactly("said before");
  }

  @Test
  @DisplayName("has what it kept in its file where a reset takes it out meanwhile")
  void resetMeanwhile() throws Exception {
    logs.checkpoint();
    say("said meanwhile");
    logs.context.reset();
    assertThat(logs.open()).isEmpty();
    logs.restore();
    assertThat(said()).containsExactly("said meanwhile");
    logs.checkpoint();
    assertThat(logs.open()).isEmpty();
    logs.restore();
  }

  @Test
  @DisplayName("keeps its messages where its file cannot be opened, and writes them when it can")
  void unwritable() throws Exception {
    logs.checkpoint();
    say("said meanwhile");
    Files.delete(logs.path("status.txt"));
    Files.createDirectory(logs.path("status.txt"));
    assertThatThrownBy(logs::restore)
        .isInstanceOf(IOException.class)
        .hasMessageContaining(logs.path("status.txt").toString());
    say("said in vain");
    Files.delete(logs.path("status.txt"));
    logs.checkpoint();
    say("said again");
    logs.restore();
    assertThat(said()).containsExactly("said meanwhile", "said in vain", "said again");
  }

  @Test
  @DisplayName("says how much it could not keep")
  void flood() throws Exception {
    logs.checkpoint();
    String text = "x".repeat(600_000);
    say("said first " + text);
    say("said second " + text);
    say("said third");
    logs.restore();
    assertThat(said()).first().asString().startsWith("said first " + text);
    assertThat(said()).hasSize(2).doesNotContain("said third");
    assertThat(logs.lines("status.txt"))
        .anyMatch(line -> line.matches("\\d+ bytes of further status messages were not kept"));
  }
}
