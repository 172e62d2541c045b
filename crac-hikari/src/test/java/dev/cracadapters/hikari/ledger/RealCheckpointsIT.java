/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.WorkingCriu;
import dev.cracadapters.hikari.fixture.Postgres;
import dev.cracadapters.hikari.fixture.ProcessView;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@Timeout(300)
@DisplayName("A service that books without a pause through real checkpoints")
class RealCheckpointsIT {

  /** Two show whether it grows; the soak does twenty. */
  private static final int CYCLES = Math.max(2, Integer.getInteger("crac.test.turns", 20) / 10);

  private static final String LATE = "late select pg_sleep(50)";
  private static final String CANCELLED = "late: ERROR: canceling statement due to user request";

  private final Postgres postgres = Postgres.shared();

  @TempDir Path folder;
  private Image image;
  private Ledger ledger;

  @BeforeEach
  void books() throws Exception {
    image = new Image(folder.resolve("image"));
    ledger = Ledger.open(postgres.observer());
  }

  private JvmCommand service() {
    return JvmCommand.ofMainClass(LedgerService.class.getName())
        .options("-Xmx256m")
        .property("crac.audit", "strict")
        .property("crac.criu.trim", false) // which takes as long as all the rest
        .image(image.folder())
        .arguments(postgres.url("real"), "postgres", "");
  }

  @Tag("essential")
  @Test
  @DisplayName("loses nothing and books nothing twice, however many there are, and does not grow")
  void balances() throws Exception {
    List<String> told = new ArrayList<>();
    List<String> threads = List.of();
    List<String> descriptors = List.of();
    RunningProcess process = service().start(folder, "original");
    for (int i = 1; i <= CYCLES; i++) {
      try (RunningProcess checkpointed = process) {
        work(checkpointed, "before " + i);
        late(checkpointed);
        checkpointed.send("checkpoint");
        assertThat(checkpointed.awaitExit()).as(checkpointed.told()).isEqualTo(137);
        assertThat(postgres.sessions("real")).isEmpty();
        assertThat(checkpointed.output()).doesNotContain("failure");
      }
      process = image.restore().start(folder, "restored" + i);
      assertThat(process.awaitLine("RESTORED")).as(process.told()).isEqualTo("RESTORED");
      work(process, "after " + i);
      ProcessView view = new ProcessView(process.below(image.pid()).orElseThrow());
      awaitFull(view);
      if (i == 1) {
        threads = view.threads();
        descriptors = view.descriptors();
      } else {
        awaitAtMost(threads, view::threads);
        awaitAtMost(descriptors, view::descriptors);
      }
    }
    try (RunningProcess last = process) {
      late(last);
      last.send("stop");
      assertThat(last.awaitExit()).as(last.told()).isZero();
      told.addAll(last.output().lines().toList());
    }
    ledger.assertBalancesWith(told);
  }

  @Test
  @DisplayName("goes on where it is left running, and its image goes on from where it was taken")
  void leftRunning() throws Exception {
    try (RunningProcess original = service().start(folder, "original")) {
      work(original, "before");
      original.send("image " + image.folder());
      assertThat(original.awaitLine("IMAGED")).isEqualTo("IMAGED");
      work(original, "after");
      late(original);
      original.send("stop");
      assertThat(original.awaitExit()).as(original.told()).isZero();
      ledger.assertBalancesWith(original.output().lines().toList());
    }
    Ledger other = Ledger.open(postgres.observer());
    try (RunningProcess restored = image.restore().start(folder, "restored")) {
      restored.awaitLine("RESTORED");
      work(restored, "again");
      restored.send("stop");
      assertThat(restored.awaitExit()).as(restored.told()).isZero();
      other.assertBalancesSinceOpened(restored.output().lines().toList());
    }
  }

  @Test
  @DisplayName("goes on after checkpoints that fail, before the walk or after it")
  void failed() throws Exception {
    Path file = Files.createFile(folder.resolve("file"));
    Path criu =
        Files.writeString(
            folder.resolve("criu"),
            "#!/bin/sh\n[ \"$1\" != dump ] || exit 3\nexec '%s' \"$@\"\n"
                .formatted(WorkingCriu.here().path()));
    Files.setPosixFilePermissions(criu, PosixFilePermissions.fromString("rwx------"));
    try (RunningProcess service = service().property("crac.criu", criu).start(folder, "service")) {
      work(service, "before");
      service.send("image " + file.resolve("image"));
      assertThat(service.awaitLine("FAILED")).contains(file.toString());
      work(service, "between");
      service.send("checkpoint");
      assertThat(service.awaitLine("FAILED [CRIU")).contains("exit status 3");
      work(service, "after");
      late(service);
      service.send("stop");
      assertThat(service.awaitExit()).as(service.told()).isZero();
      ledger.assertBalancesWith(service.output().lines().toList());
    }
  }

  /** Each of its threads books something. */
  private static void work(RunningProcess service, String when) throws Exception {
    service.send("work " + when);
    service.awaitLine("worked " + when);
  }

  /** The driver's timer cancels a statement that takes too long. */
  private static void late(RunningProcess service) throws Exception {
    service.send(LATE);
    assertThat(service.awaitLine("late:")).isEqualTo(CANCELLED);
  }

  private void awaitFull(ProcessView view) throws Exception {
    await(() -> view.socketsTo(postgres.port()) == LedgerService.CONNECTIONS);
  }

  /** Some threads of the pool and of the walk end only when they have been idle for a while. */
  private static void awaitAtMost(List<String> first, Callable<List<String>> now) throws Exception {
    await(() -> now.call().size() <= first.size());
  }

  private static void await(Callable<Boolean> condition) throws Exception {
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(condition);
  }
}
