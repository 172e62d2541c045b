/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.hikari.fixture.Postgres;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(300)
@DisplayName("A service that books without a pause through checkpoints of the pause engine")
@Tag("repeated")
class LedgerTest {

  private static final int CYCLES = Integer.getInteger("crac.test.turns", 20);

  private final Postgres postgres = Postgres.shared();

  @TempDir Path folder;

  @ParameterizedTest(name = "allowPoolSuspension={0}")
  @CsvSource({"false, 1", "true, 5"})
  @DisplayName("loses nothing, books nothing twice, and has no session and no socket in any pause")
  void balances(boolean suspension, int part) throws Exception {
    String session = "ledger-" + suspension;
    int cycles = CYCLES / part;
    Ledger ledger = Ledger.open(postgres.observer());
    try (PausingLedger service =
        PausingLedger.start(
            folder, postgres.url(session), "postgres", "", "-Dledger.suspension=" + suspension)) {
      for (int cycle = 0; cycle < cycles; cycle++) {
        service.pause(
            process -> {
              assertThat(postgres.sessions(session)).isEmpty();
              assertThat(process.socketsTo(postgres.port())).isZero();
            });
      }
      ledger.assertBalancesWith(service.stop(cycles));
      service.assertNoGrowth();
    }
  }
}
