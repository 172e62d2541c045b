/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CoordinatorSettings;
import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import dev.cracadapters.core.Phase;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.Registration;
import dev.cracadapters.hikari.HikariResource;
import dev.cracadapters.hikari.HikariSettings;
import dev.cracadapters.hikari.HikariSettings.Warm;
import dev.cracadapters.hikari.fixture.Pools;
import dev.cracadapters.hikari.fixture.Postgres;
import dev.cracadapters.hikari.fixture.Relay;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.crac.CheckpointException;
import org.crac.Context;
import org.crac.Resource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(90)
@DisplayName("A pool that opens its connections beside the walk up")
class BesideTheWalkTest {

  private static final HikariSettings WARM =
      HikariSettings.defaults().withWarmTimeout(Duration.ofSeconds(60)).withWarm(Warm.EAGER);

  private interface Step {
    void run() throws Exception;
  }

  private record AtRestore(String name, int phase, Step up) implements PhasedResource {

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) {}

    @Override
    public void afterRestore(Context<? extends Resource> context) throws Exception {
      up.run();
    }
  }

  @Test
  @DisplayName(
      "gives a lifecycle bean that starts meanwhile its connection, and is up before traffic")
  void beanGetsItsConnection() throws Exception {
    Postgres postgres = Postgres.shared();
    CheckpointCoordinator coordinator = CheckpointCoordinator.global();
    List<Integer> atTraffic = new CopyOnWriteArrayList<>();
    List<Integer> read = new CopyOnWriteArrayList<>();
    List<Registration> registered = new ArrayList<>();
    try (Relay relay = Relay.to(postgres.port())) {
      HikariConfig config = postgres.config("beside");
      config.setJdbcUrl(postgres.url("beside").replace(":" + postgres.port(), ":" + relay.port()));
      config.setMinimumIdle(3);
      config.setMaximumPoolSize(3);
      try (HikariDataSource dataSource = new HikariDataSource(config)) {
        // Nothing is answered until the bean starts: it would not, did the walk wait for the pool.
        Step start =
            () -> {
              relay.letGo();
              read.add(Pools.selectOne(dataSource));
            };
        Step traffic = () -> atTraffic.add(dataSource.getHikariPoolMXBean().getTotalConnections());
        for (PhasedResource resource :
            List.of(
                new AtRestore("the network", Phase.JDK, relay::hold),
                HikariResource.of(dataSource, WARM),
                new AtRestore("bean", 0, start),
                new AtRestore("http", Phase.TRAFFIC, traffic))) {
          registered.add(coordinator.register(resource));
        }
        coordinator.configure(
            new CoordinatorSettings(
                "pause", null, AuditMode.LENIENT, Duration.ofSeconds(60), Duration.ofSeconds(30)));

        // The relay's sockets are in this process, and refuse it: the way up is the same.
        assertThatThrownBy(coordinator::checkpoint).isInstanceOf(CheckpointException.class);
      }
      assertThat(read).containsExactly(1);
      assertThat(atTraffic).containsExactly(3);
    } finally {
      registered.forEach(Registration::close);
      coordinator.configureBySystemProperties();
    }
  }
}
