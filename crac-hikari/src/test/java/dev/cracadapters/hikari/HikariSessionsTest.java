/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.hikari.fixture.Deadlines;
import dev.cracadapters.hikari.fixture.Postgres;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
@Tag("repeated")
class HikariSessionsTest {

  private static final int CYCLES = Integer.getInteger("crac.test.turns", 20);

  private final Postgres postgres = Postgres.shared();

  @Test
  @DisplayName("The server has no session of an idle pool when beforeCheckpoint returns")
  void serverHasNoSession() throws Exception {
    HikariConfig config = postgres.config("idle");
    config.setMaximumPoolSize(2);
    List<String> left = new ArrayList<>();
    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      HikariResource resource = HikariResource.of(dataSource);
      for (int cycle = 0; cycle < CYCLES; cycle++) {
        Deadlines.within(
            Duration.ofSeconds(10),
            () -> dataSource.getHikariPoolMXBean().getIdleConnections() == 2);
        resource.beforeCheckpoint(null);
        List<String> sessions = postgres.sessions("idle");
        if (!sessions.isEmpty()) {
          left.add("cycle " + cycle + ": " + sessions);
        }
        resource.afterRestore(null);
      }
    }
    assertThat(left).isEmpty();
  }
}
