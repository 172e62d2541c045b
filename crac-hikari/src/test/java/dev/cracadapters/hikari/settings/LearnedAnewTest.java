/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.settings;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.hikari.HikariResource;
import dev.cracadapters.hikari.HikariSettings;
import dev.cracadapters.hikari.fixture.Pools;
import dev.cracadapters.hikari.fixture.Postgres;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.sql.DataSource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/** What HikariCP found out about one driver is not taken to be true of the next. */
@Timeout(90)
class LearnedAnewTest {

  private final Queue<Integer> networkTimeouts = new ConcurrentLinkedQueue<>();

  @Test
  @DisplayName("A driver that knows no network timeout can follow one that does, and the reverse")
  void networkTimeout() throws Exception {
    HikariConfig config = new HikariConfig();
    config.setPoolName("learned");
    config.setMaximumPoolSize(2);
    config.setDataSource(source(true));
    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      Pools.awaitIdle(dataSource, 2);
      restored(dataSource, source(false), 5000);
      networkTimeouts.clear();
      assertThat(Pools.selectOne(dataSource)).isEqualTo(1);
      Pools.awaitIdle(dataSource, 2);
      assertThat(networkTimeouts).isEmpty();

      restored(dataSource, source(true), 2345);
      assertThat(Pools.selectOne(dataSource)).isEqualTo(1);
      assertThat(networkTimeouts).contains(2345);
    }
  }

  private static void restored(HikariDataSource dataSource, DataSource next, long validation)
      throws Exception {
    HikariResource resource =
        HikariResource.of(
            dataSource,
            HikariSettings.defaults().withWarm(HikariSettings.Warm.EAGER),
            () -> {
              HikariConfig copy = new HikariConfig();
              dataSource.copyStateTo(copy);
              copy.setDataSource(next);
              copy.setValidationTimeout(validation);
              return copy;
            });
    resource.beforeCheckpoint(null);
    resource.afterRestore(null);
    assertThat(dataSource.getHikariPoolMXBean().getTotalConnections()).isEqualTo(2);
  }

  private DataSource source(boolean timeouts) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(Postgres.shared().urlOf("postgres", "learned"));
    source.setUser("postgres");
    return proxy(
        DataSource.class,
        source,
        (method, arguments, result) ->
            result instanceof Connection connection ? connection(connection, timeouts) : result);
  }

  private Connection connection(Connection real, boolean timeouts) {
    return proxy(
        Connection.class,
        real,
        (method, arguments, result) -> {
          if (method.endsWith("NetworkTimeout") && !timeouts) {
            throw new SQLFeatureNotSupportedException(method);
          }
          if (method.equals("setNetworkTimeout")) {
            networkTimeouts.add((Integer) arguments[1]);
          }
          return result;
        });
  }

  private interface Afterwards {
    Object change(String method, Object[] arguments, Object result) throws Exception;
  }

  private static <T> T proxy(Class<T> type, T real, Afterwards afterwards) {
    return type.cast(
        Proxy.newProxyInstance(
            LearnedAnewTest.class.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              try {
                return afterwards.change(
                    method.getName(), arguments, method.invoke(real, arguments));
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }
}
