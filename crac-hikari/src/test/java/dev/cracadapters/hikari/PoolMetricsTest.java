/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.hikari.fixture.Deadlines;
import dev.cracadapters.hikari.fixture.Pools;
import dev.cracadapters.hikari.fixture.Postgres;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.management.ManagementFactory;
import java.sql.Connection;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What Micrometer and JMX say of a pool, before and after a restore with new settings. */
@Timeout(90)
class PoolMetricsTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final String OLD = "the-old-secret";
  private static final String NEW = "the-new-secret";

  private final Postgres postgres = Postgres.shared();
  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  @Test
  @DisplayName("The same meters and beans are there, once, and tell of the pool as it is now")
  void metrics() throws Exception {
    HikariConfig config = postgres.config("metrics");
    config.setPassword(OLD);
    config.setMaximumPoolSize(3);
    config.setMinimumIdle(2);
    config.setRegisterMbeans(true);
    config.setMetricRegistry(registry);
    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      HikariResource resource =
          HikariResource.of(
              dataSource,
              HikariSettings.defaults(),
              () -> {
                HikariConfig copy = new HikariConfig();
                dataSource.copyStateTo(copy);
                copy.setPassword(NEW);
                copy.setMaximumPoolSize(6);
                copy.setMinimumIdle(6);
                return copy;
              });
      List<Meter> meters = registry.getMeters();
      Pools.awaitIdle(dataSource, 2);
      tells(2, 0, 2, 0, 3, 2);
      double created = registry.get("hikaricp.connections.creation").timer().count();

      resource.beforeCheckpoint(null);
      tells(0, 0, 0, 0, 3, 2);
      resource.afterRestore(null);

      Connection borrowed = dataSource.getConnection();
      tells(6, 1, 5, 0, 6, 6);
      borrowed.close();
      assertThat(registry.getMeters()).containsExactlyInAnyOrderElementsOf(meters);
      assertThat(registry.get("hikaricp.connections.creation").timer().count() - created)
          .isEqualTo(6);
      assertThat(registry.get("hikaricp.connections.acquire").timer().count()).isEqualTo(1);
      assertThat(registry.get("hikaricp.connections.timeout").counter().count()).isZero();
      assertThat(attributes("PoolConfig").values())
          .noneMatch(value -> String.valueOf(value).contains("secret"));
    }
    assertThat(server.queryNames(new ObjectName("com.zaxxer.hikari:*"), null))
        .noneMatch(name -> name.toString().contains("metrics"));
  }

  /** HikariCP takes the figures for Micrometer once a second. */
  private void tells(int total, int active, int idle, int pending, int max, int min)
      throws Exception {
    Map<String, Integer> expected = new TreeMap<>();
    expected.put("", total);
    expected.put(".active", active);
    expected.put(".idle", idle);
    expected.put(".pending", pending);
    expected.put(".max", max);
    expected.put(".min", min);
    Deadlines.within(LIMIT, () -> gauges().equals(expected));
    assertThat(attributes("Pool"))
        .containsEntry("TotalConnections", total)
        .containsEntry("ActiveConnections", active)
        .containsEntry("IdleConnections", idle)
        .containsEntry("ThreadsAwaitingConnection", pending);
    assertThat(attributes("PoolConfig"))
        .containsEntry("MaximumPoolSize", max)
        .containsEntry("MinimumIdle", min);
  }

  private Map<String, Integer> gauges() {
    return List.of("", ".active", ".idle", ".pending", ".max", ".min").stream()
        .collect(
            Collectors.toMap(
                name -> name,
                name ->
                    (int)
                        registry
                            .get("hikaricp.connections" + name)
                            .tag("pool", "metrics")
                            .gauge()
                            .value(),
                (one, other) -> one,
                TreeMap::new));
  }

  private Map<String, Object> attributes(String type) throws Exception {
    ObjectName name = new ObjectName("com.zaxxer.hikari:type=" + type + " (metrics)");
    Map<String, Object> attributes = new HashMap<>();
    for (MBeanAttributeInfo attribute : server.getMBeanInfo(name).getAttributes()) {
      if (attribute.isReadable()) {
        attributes.put(attribute.getName(), server.getAttribute(name, attribute.getName()));
      }
    }
    return attributes;
  }
}
