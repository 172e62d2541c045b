/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.SuspendResumeLock;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.hikari.fixture.Background;
import dev.cracadapters.hikari.fixture.Deadlines;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What pools that are drained together agree on. */
@Timeout(60)
class DrainGroupTest {

  private static final Duration TEN = Duration.ofSeconds(10);

  private final CheckpointGate gate =
      new CheckpointGate(SuspendResumeLock.FAUX_LOCK, "the other pool");

  @Test
  @DisplayName("Who is known to have a connection passes another pool's gate at once, others wait")
  void borrowersPass() throws Exception {
    CountDownLatch passed = new CountDownLatch(1);
    Thread borrower = new Thread(() -> pass(passed), "borrower");
    borrower.start();
    Background<Boolean> stranger =
        Background.run(
            "stranger",
            () -> {
              gate.acquire();
              return true;
            });
    Deadlines.within(TEN, () -> gate.waiting() == 2);
    try (HikariDataSource one = new HikariDataSource();
        HikariDataSource other = new HikariDataSource()) {
      DrainGroup group = new DrainGroup();
      group.expect("one", one);
      group.expect("other", other);
      group.join("one", new Fake(false, Set.of(borrower), gate));
      group.join("other", new Fake(true, Set.of(), gate));

      assertThat(group.isSettled()).isFalse();
      group.letBorrowersThrough();

      assertThat(passed.await(10, TimeUnit.SECONDS)).isTrue();
      Deadlines.within(TEN, () -> gate.waiting() == 1);
      assertThat(stranger.isDone()).isFalse();
      group.letWaitingThrough();
      assertThat(stranger.result().get(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  @DisplayName("Nothing is settled until all have come, and all is off when one has failed")
  void settled() {
    try (HikariDataSource one = new HikariDataSource();
        HikariDataSource other = new HikariDataSource()) {
      DrainGroup group = new DrainGroup();
      group.expect("one", one);
      group.expect("other", other);
      group.expect("one again", one);
      assertThat(group.isOwner("one", one)).isTrue();
      assertThat(group.isOwner("one again", one)).isFalse();
      group.join("one", new Fake(true, Set.of(), gate));
      assertThat(group.isSettled()).isFalse();
      group.join("other", new Fake(false, Set.of(), gate));
      assertThat(group.isSettled()).isFalse();
      group.join("other", new Fake(true, Set.of(), gate));
      assertThat(group.isSettled()).isTrue();
      group.join("other", new Fake(false, Set.of(), gate));
      assertThat(group.isSettled()).isFalse();

      group.callOff();

      assertThat(group.isSettled()).isTrue();
      assertThat(group.isOff()).isTrue();
    }
  }

  @Test
  @DisplayName("All try again until they agree in the same round")
  void votes() throws Exception {
    try (HikariDataSource one = new HikariDataSource();
        HikariDataSource other = new HikariDataSource()) {
      DrainGroup group = new DrainGroup();
      group.expect("one", one);
      group.expect("other", other);
      for (boolean agrees : List.of(false, true)) {
        Background<DrainGroup.Outcome> vote = Background.run("one", () -> group.vote(true));
        DrainGroup.Outcome expected = agrees ? DrainGroup.Outcome.AGREED : DrainGroup.Outcome.AGAIN;
        assertThat(group.vote(agrees)).isEqualTo(expected);
        assertThat(vote.result().get(10, TimeUnit.SECONDS)).isEqualTo(expected);
      }
      Background<DrainGroup.Outcome> waits = Background.run("one", () -> group.vote(true));
      Deadlines.within(TEN, waits::isWaiting);
      group.callOff();
      assertThat(waits.result().get(10, TimeUnit.SECONDS)).isEqualTo(DrainGroup.Outcome.OFF);
    }
  }

  private void pass(CountDownLatch passed) {
    try {
      gate.acquire();
      passed.countDown();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private record Fake(boolean isGivenBack, Set<Thread> borrowers, CheckpointGate gate)
      implements DrainGroup.Part {

    @Override
    public void letThrough(Set<Thread> threads) {
      gate.letThrough(threads);
    }

    @Override
    public void letWaitingThrough() {
      gate.letWaitingThrough();
    }

    @Override
    public Deadline drain() {
      return Deadline.after(TEN);
    }
  }
}
