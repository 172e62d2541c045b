/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.RunningProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(300)
@DisplayName("A service that books without a pause through checkpoints of the pause engine")
class LedgerTest {

  private static final int CYCLES = Integer.getInteger("crac.hikari.test.cycles", 50);

  private final Postgres postgres = Postgres.shared();

  @TempDir Path folder;
  private final List<List<String>> threads = new ArrayList<>();
  private final List<List<String>> descriptors = new ArrayList<>();

  @ParameterizedTest(name = "allowPoolSuspension={0}")
  @CsvSource({"false, 1", "true, 5"})
  @DisplayName("loses nothing, books nothing twice, and has no session and no socket in any pause")
  void balances(boolean suspension, int part) throws Exception {
    String session = "ledger-" + suspension;
    int cycles = CYCLES / part;
    Path pause = folder.resolve("pause");
    Ledger ledger = Ledger.open(postgres.observer());
    try (RunningProcess service =
        JvmCommand.ofMainClass(LedgerService.class.getName())
            .options("-Xmx256m")
            .property("crac.engine", "pause")
            .property("crac.pause.file", pause)
            .property("crac.audit", "strict")
            .property("ledger.suspension", suspension)
            .arguments(postgres.url(session), "postgres", "")
            .start(folder, "service")) {
      service.awaitLine("ready");
      for (int cycle = 1; cycle <= cycles; cycle++) {
        service.send("work before " + cycle);
        service.send("work twice before " + cycle);
        service.send("checkpoint");
        Deadlines.within(Duration.ofSeconds(60), () -> Files.exists(pause) || !service.isAlive());
        assertNothingOpen(service, session);
        if (cycle % 10 == 0) {
          // Some pauses last, so that whatever would open a connection has its time.
          Deadlines.pass(Duration.ofMillis(150));
          assertNothingOpen(service, session);
        }
        Files.delete(pause);
      }
      service.send("stop");
      assertThat(service.awaitExit()).as(service.told()).isZero();

      List<String> told = service.output().lines().toList();
      assertThat(told.stream().filter("RESTORED"::equals)).hasSize(cycles);
      ledger.assertBalancesWith(told);
    }
    assertNoGrowth(threads);
    assertNoGrowth(descriptors);
  }

  private void assertNothingOpen(RunningProcess service, String session) throws Exception {
    assertThat(service.isAlive()).as(service.told()).isTrue();
    ProcessView process = new ProcessView(service.pid());
    assertThat(postgres.sessions(session)).as(service.told()).isEmpty();
    assertThat(process.sockets()).isZero();
    threads.add(process.threads());
    descriptors.add(process.descriptors());
  }

  /** The later half of the pauses has no more than the earlier. */
  private static void assertNoGrowth(List<List<String>> pauses) {
    int half = pauses.size() / 2;
    List<String> early = most(pauses.subList(0, half));
    List<String> late = most(pauses.subList(half, pauses.size()));
    assertThat(late).hasSizeLessThanOrEqualTo(early.size());
  }

  private static List<String> most(List<List<String>> pauses) {
    return pauses.stream()
        .max((one, other) -> Integer.compare(one.size(), other.size()))
        .orElseThrow();
  }
}
