/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.hikari.MariadbIT;
import dev.cracadapters.hikari.fixture.Mariadb;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("soak")
@RequiresCriu
@Timeout(120)
@DisplayName("A service that books in MariaDB without a pause")
class MariadbRestoreIT {

  private static final String LATE = "late " + MariadbIT.LATE;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"mariadb", "mysql"})
  @DisplayName("goes through a real checkpoint and a restore")
  void balances(String driver) throws Exception {
    Image image = new Image(folder.resolve("image"));
    try (Mariadb mariadb = Mariadb.start(folder)) {
      Ledger ledger = Ledger.open(mariadb.observer());
      try (RunningProcess original =
          JvmCommand.ofMainClass(LedgerService.class.getName())
              .options("-Xmx256m")
              .property("crac.audit", "strict")
              .property("crac.criu.trim", false) // which takes as long as all the rest
              .image(image.folder())
              .arguments(mariadb.url(driver), Mariadb.USER, Mariadb.PASSWORD)
              .start(folder, "original")) {
        original.send("work before");
        original.send(LATE);
        assertThat(original.awaitLine("late:")).containsPattern("timeout|max_statement_time");
        original.send("checkpoint");
        assertThat(original.awaitExit()).as(original.told()).isEqualTo(137);
        mariadb.assertNoSession();
      }
      try (RunningProcess restored = image.restore().start(folder, "restored")) {
        restored.awaitLine("RESTORED");
        restored.send("work after");
        restored.send(LATE);
        assertThat(restored.awaitLine("late:")).containsPattern("timeout|max_statement_time");
        restored.send("stop");
        assertThat(restored.awaitExit()).as(restored.told()).isZero();
        ledger.assertBalancesWith(restored.output().lines().toList());
      }
    }
  }
}
