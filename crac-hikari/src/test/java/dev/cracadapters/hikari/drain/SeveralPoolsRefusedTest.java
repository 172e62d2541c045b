/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.hikari.fixture.Background;
import dev.cracadapters.hikari.fixture.Deadlines;
import dev.cracadapters.hikari.fixture.Pools;
import dev.cracadapters.hikari.fixture.Postgres;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pools that are drained side by side, and one of them cannot be. */
@Timeout(60)
class SeveralPoolsRefusedTest {

  private static final Duration TWENTY = Duration.ofSeconds(20);

  private final Postgres postgres = Postgres.shared();

  private HikariDataSource pool(String name) {
    HikariConfig config = postgres.config(name);
    config.setMaximumPoolSize(2);
    return new HikariDataSource(config);
  }

  private List<String> sessions(String... names) throws Exception {
    List<String> sessions = new ArrayList<>();
    for (String name : names) {
      sessions.addAll(postgres.sessions(name));
    }
    return sessions;
  }

  private static void areBack(HikariDataSource... pools) throws Exception {
    for (HikariDataSource pool : pools) {
      assertThat(TogetherDown.isGated(pool)).isFalse();
      assertThat(Pools.selectOne(pool)).isEqualTo(1);
      Pools.awaitIdle(pool, 2);
    }
  }

  @Test
  @DisplayName("Each pool has its own time and refusal, and ends the waiting of the others")
  void ownTimeAndRefusal() throws Exception {
    try (HikariDataSource impatient = pool("impatient");
        HikariDataSource patient = pool("patient-one");
        HikariDataSource idle = pool("idle-one");
        TogetherDown together = new TogetherDown()) {
      together.with(patient, TWENTY).with(impatient, Duration.ofMillis(300)).with(idle, TWENTY);
      try (Connection one = impatient.getConnection();
          Connection other = patient.getConnection()) {
        Background<List<String>> checkpoint = Background.run("checkpoint", together::refused);

        assertThat(checkpoint.result().get(10, TimeUnit.SECONDS))
            .singleElement()
            .asString()
            .startsWith("impatient: 1 connection is still borrowed after 300 ms");
        assertThat(one.isValid(1)).isTrue();
        assertThat(other.isValid(1)).isTrue();
      }
      areBack(impatient, patient, idle);
      together.lookingAt(() -> sessions("impatient", "patient-one", "idle-one"));
      together.take();
      assertThat(together.seen()).isEmpty();
    }
  }

  @Test
  @DisplayName("All of them are refused each by itself, and all are back")
  void allRefused() throws Exception {
    try (HikariDataSource one = pool("one-refused");
        HikariDataSource other = pool("other-refused");
        TogetherDown together = new TogetherDown()) {
      together.with(one, Duration.ofMillis(300)).with(other, Duration.ofMillis(300));
      try (Connection first = one.getConnection();
          Connection second = other.getConnection()) {
        // The second one may have ended when the first one was refused.
        assertThat(together.refused())
            .isNotEmpty()
            .allMatch(
                message -> message.contains("-refused: 1 connection is still borrowed after"));
        assertThat(first.isValid(1)).isTrue();
        assertThat(second.isValid(1)).isTrue();
      }
      areBack(one, other);
    }
  }

  @Test
  @DisplayName("An interrupt of the thread that takes the checkpoint ends the waiting of all")
  void interrupted() throws Exception {
    try (HikariDataSource one = pool("one-interrupted");
        HikariDataSource other = pool("other-interrupted");
        TogetherDown together = new TogetherDown()) {
      together.with(one, TWENTY).with(other, TWENTY);
      try (Connection first = one.getConnection()) {
        Background<List<String>> checkpoint = Background.run("checkpoint", together::refused);
        Deadlines.within(
            Duration.ofSeconds(10), () -> TogetherDown.isGated(one) && TogetherDown.isGated(other));

        checkpoint.interrupt();

        assertThat(checkpoint.result().get(10, TimeUnit.SECONDS))
            // One may have ended when the other one was interrupted.
            .isNotEmpty()
            .allMatch(message -> message.matches("(one|other)-interrupted: the thread that .*"))
            .allMatch(message -> message.endsWith(" was interrupted. ask for it again"));
        assertThat(first.isValid(1)).isTrue();
      }
      areBack(one, other);
    }
  }
}
