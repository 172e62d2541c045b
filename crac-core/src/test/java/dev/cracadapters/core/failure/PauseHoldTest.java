/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.failure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.Phase;
import dev.cracadapters.core.PhasedResource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.crac.Context;
import org.crac.Resource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
@DisplayName("In a pause for something outside the application's threads")
class PauseHoldTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir Path folder;

  /** Counts on a thread of its own, and says where it stands at each step of the way up. */
  static final class Counting {

    private static final AtomicLong COUNT = new AtomicLong();

    private record Step(String name, int phase) implements PhasedResource {

      @Override
      public void beforeCheckpoint(Context<? extends Resource> context) {}

      @Override
      public void afterRestore(Context<? extends Resource> context) throws Exception {
        long before = COUNT.get();
        boolean counts =
            Deadline.after(phase == Phase.JDK ? Duration.ofMillis(200) : LIMIT)
                .await(() -> COUNT.get() > before);
        System.out.println(name + (counts ? " counts" : " stands still"));
      }
    }

    public static void main(String[] arguments) throws Exception {
      Thread thread =
          new Thread(
              () -> {
                while (true) {
                  COUNT.incrementAndGet();
                }
              });
      thread.setDaemon(true);
      thread.start();
      CheckpointCoordinator coordinator = CheckpointCoordinator.global();
      coordinator.register(new Step("jdk", Phase.JDK));
      coordinator.register(new Step("traffic", Phase.TRAFFIC));
      CheckpointReport report = coordinator.checkpoint();
      System.out.println("held " + (report.hold() != null && report.hold().threads() > 0));
    }
  }

  @ParameterizedTest
  @CsvSource({"true, stands still, true", "false, counts, false"})
  @DisplayName("are suspended until the phase JDK is up, unless the setting says otherwise")
  void held(boolean setting, String atTheJdk, boolean told) throws Exception {
    Path ready = folder.resolve("ready");
    Process process =
        JavaProcess.of(
                Counting.class,
                System.getProperty("java.class.path"),
                List.of(),
                "-Dcrac.pause=external",
                "-Dcrac.pause.hold-threads=" + setting,
                "-Dcrac.pause.ready-file=" + ready)
            .redirectErrorStream(true)
            .start();
    try {
      assertThat(Deadline.after(LIMIT).await(() -> Files.exists(ready) || !process.isAlive()))
          .isTrue();
      Files.deleteIfExists(ready);
      String said = new String(process.getInputStream().readAllBytes());
      assertThat(said).contains("jdk " + atTheJdk, "traffic counts", "held " + told);
      assertThat(process.waitFor()).isZero();
    } finally {
      process.destroyForcibly();
    }
  }
}
