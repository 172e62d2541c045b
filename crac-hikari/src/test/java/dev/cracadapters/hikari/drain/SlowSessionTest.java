/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import static dev.cracadapters.hikari.fixture.Background.checkpoint;
import static dev.cracadapters.hikari.fixture.Postgres.signal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.hikari.HikariResource;
import dev.cracadapters.hikari.fixture.Background;
import dev.cracadapters.hikari.fixture.Deadlines;
import dev.cracadapters.hikari.fixture.Pools;
import dev.cracadapters.hikari.fixture.Postgres;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A checkpoint waits for the server to end the sessions, and is refused when it does not. */
@Timeout(60)
class SlowSessionTest {

  private final Postgres postgres = Postgres.shared();

  @Test
  @DisplayName("A session that the server takes its time to end is waited for")
  void slowSessionIsWaitedFor() throws Exception {
    try (HikariDataSource dataSource = onePool("slow-end")) {
      HikariResource resource = HikariResource.of(dataSource);
      Pools.awaitIdle(dataSource, 1);
      String pid = postgres.pids("slow-end").get(0);
      signal("-STOP", pid);
      try {
        Background<Boolean> checkpoint = checkpoint(resource);
        Deadlines.within(Duration.ofSeconds(10), this::noSocketOpen);
        Deadlines.pass(Duration.ofMillis(300));
        assertThat(checkpoint.isDone()).isFalse();
        assertThat(postgres.pids("slow-end")).containsExactly(pid);

        signal("-CONT", pid);

        assertThat(checkpoint.result().get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(postgres.sessions("slow-end")).isEmpty();
      } finally {
        signal("-CONT", pid);
        resource.afterRestore(null);
      }
    }
  }

  @Test
  @DisplayName("A session of a pool that was suspended and emptied before is waited for too")
  void slowSessionOfEmptiedPoolIsWaitedFor() throws Exception {
    HikariConfig config = postgres.config("emptied");
    config.setMaximumPoolSize(1);
    config.setAllowPoolSuspension(true);
    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      HikariResource resource = HikariResource.of(dataSource);
      Pools.awaitIdle(dataSource, 1);
      String pid = postgres.pids("emptied").get(0);
      signal("-STOP", pid);
      try {
        dataSource.getHikariPoolMXBean().suspendPool();
        dataSource.getHikariPoolMXBean().softEvictConnections();
        Deadlines.within(Duration.ofSeconds(10), this::noSocketOpen);

        Background<Boolean> checkpoint = checkpoint(resource);
        Deadlines.pass(Duration.ofMillis(300));
        assertThat(checkpoint.isDone()).isFalse();
        signal("-CONT", pid);

        assertThat(checkpoint.result().get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(postgres.sessions("emptied")).isEmpty();
      } finally {
        signal("-CONT", pid);
        resource.afterRestore(null);
      }
    }
  }

  @Test
  @DisplayName("A session that the server does not end refuses the checkpoint, naming the server")
  void endlessSessionRefuses() throws Exception {
    try (HikariDataSource dataSource = onePool("no-end")) {
      HikariResource resource = HikariResource.of(dataSource);
      Pools.awaitIdle(dataSource, 1);
      String pid = postgres.pids("no-end").get(0);
      signal("-STOP", pid);
      try {
        assertThatThrownBy(() -> resource.beforeCheckpoint(null))
            .isInstanceOf(RefusedException.class)
            .hasMessageMatching(
                "no-end: the server has not ended 1 session after 8 s \\(127\\.0\\.0\\.1:\\d+\\)\\. See whether the database answers.*");
      } finally {
        signal("-CONT", pid);
        resource.afterRestore(null);
      }
      assertThat(Pools.selectOne(dataSource)).isEqualTo(1);
    }
  }

  private HikariDataSource onePool(String name) {
    HikariConfig config = postgres.config(name);
    config.setMaximumPoolSize(1);
    return new HikariDataSource(config);
  }

  private boolean noSocketOpen() {
    try {
      return postgres.openSockets() == 0;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
