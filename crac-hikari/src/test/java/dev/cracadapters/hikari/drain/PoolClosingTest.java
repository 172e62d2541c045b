/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.hikari.fixture.Postgres;
import dev.cracadapters.hikari.pool.PoolAccess;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which pool is to blame for a server that does not end its sessions. */
@Timeout(60)
class PoolClosingTest {

  private static final Duration SHORT = Duration.ofMillis(300);

  private final Postgres postgres = Postgres.shared();

  @Test
  @DisplayName(
      "A session of another pool's server, which is closed at the same time, is not this pool's")
  void sessionOfAnotherPool() throws Exception {
    HikariConfig config = postgres.config("innocent");
    config.setMaximumPoolSize(1);
    try (HikariDataSource dataSource = new HikariDataSource(config);
        ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Socket neighbours = new Socket(server.getInetAddress(), server.getLocalPort());
      Socket session = server.accept();
      String address = "127.0.0.1:" + server.getLocalPort();
      HikariPool pool = (HikariPool) dataSource.getHikariPoolMXBean();
      PoolClosing closing = new PoolClosing(pool, new PoolAccess(), SHORT);
      // The neighbour's end is closed, and the server does not close its own.
      neighbours.close();
      dataSource.getHikariPoolMXBean().softEvictConnections();
      DrainGroup.Part part = new Named(Set.of());
      DrainGroup group = new DrainGroup();
      group.expect(part, dataSource);
      group.join(part, part);

      assertThatThrownBy(() -> closing.await(group, part, Deadline.after(SHORT)))
          .isInstanceOf(RefusedException.class)
          .hasMessageStartingWith(
              "innocent: the server has not ended 1 session after 300 ms (" + address + ")");

      group.join("neighbour", new Named(Set.of(address)));
      closing.await(group, part, Deadline.after(SHORT));
      session.close();
    }
  }

  private record Named(Set<String> servers) implements DrainGroup.Part {

    @Override
    public boolean isGivenBack() {
      return true;
    }

    @Override
    public void letThrough(Set<Thread> threads) {}

    @Override
    public void letWaitingThrough() {}

    @Override
    public Deadline drain() {
      return Deadline.after(SHORT);
    }
  }
}
