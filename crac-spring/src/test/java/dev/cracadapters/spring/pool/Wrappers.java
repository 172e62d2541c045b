/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.AbstractDataSource;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

/** Data sources as applications write them around their pools. */
final class Wrappers {

  private Wrappers() {}

  /** Does as JDBC says. */
  static final class Unwrapping extends AbstractDataSource {

    private final DataSource[] target; // an array, so that only unwrap leads there

    Unwrapping(DataSource target) {
      this.target = new DataSource[] {target};
    }

    @Override
    public Connection getConnection() throws SQLException {
      return target[0].getConnection();
    }

    @Override
    public Connection getConnection(String username, String password) throws SQLException {
      return target[0].getConnection(username, password);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
      return type.isInstance(this) || target[0].isWrapperFor(type);
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
      return type.isInstance(this) ? type.cast(this) : target[0].unwrap(type);
    }
  }

  /** Does not say what it wraps. */
  static final class Closed extends AbstractDataSource {

    private final DataSource target;

    Closed(DataSource target) {
      this.target = target;
    }

    @Override
    public Connection getConnection() throws SQLException {
      return target.getConnection();
    }

    @Override
    public Connection getConnection(String username, String password) throws SQLException {
      return target.getConnection(username, password);
    }
  }

  /** Routes by what a thread is for; a thread of the walk is for nobody. */
  static final class ByThread extends AbstractRoutingDataSource {

    ByThread(Map<Object, Object> targets, DataSource otherwise) {
      setTargetDataSources(targets);
      setDefaultTargetDataSource(otherwise);
      initialize();
    }

    @Override
    protected Object determineCurrentLookupKey() {
      return Thread.currentThread().getName();
    }

    void replaceDefault(DataSource otherwise) {
      setDefaultTargetDataSource(otherwise);
      initialize();
    }
  }

  /** Makes a tenant's pool when it is first asked for. */
  static final class MadeWhenAsked extends AbstractDataSource implements AutoCloseable {

    private final Map<String, HikariDataSource> pools = new ConcurrentHashMap<>();
    private final Function<String, HikariDataSource> maker;

    MadeWhenAsked(Function<String, HikariDataSource> maker) {
      this.maker = maker;
    }

    DataSource of(String tenant) {
      return pools.computeIfAbsent(tenant, maker);
    }

    @Override
    public Connection getConnection() throws SQLException {
      return of(Thread.currentThread().getName()).getConnection();
    }

    @Override
    public Connection getConnection(String username, String password) throws SQLException {
      return of(Thread.currentThread().getName()).getConnection(username, password);
    }

    @Override
    public void close() {
      pools.values().forEach(HikariDataSource::close);
    }
  }
}
