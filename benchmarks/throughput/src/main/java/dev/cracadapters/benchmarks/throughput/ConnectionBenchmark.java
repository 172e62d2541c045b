/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.throughput;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.hikari.HikariResource;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.slf4j.LoggerFactory;

/**
 * A connection that is borrowed and given back. There is no database behind it: what is left is the
 * pool's own time, in which a difference shows most.
 */
@State(Scope.Benchmark)
public class ConnectionBenchmark {

  /** As HikariCP's setting of this name. */
  @Param({"10", "32"})
  public int maximumPoolSize;

  /** Whether the pool is registered, and has been through a checkpoint. */
  @Param({"false", "true"})
  public boolean crac;

  private HikariDataSource dataSource;

  /**
   * Starts the pool, and takes crac-hikari through a checkpoint and back.
   *
   * @throws Exception if that fails
   */
  @Setup
  public void start() throws Exception {
    // As applications have it: without a configuration Logback writes what a busy pool debugs.
    ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
    HikariConfig configuration = new HikariConfig();
    configuration.setMaximumPoolSize(maximumPoolSize);
    configuration.setDataSource(stub(DataSource.class, ConnectionBenchmark::answer));
    dataSource = new HikariDataSource(configuration);
    if (crac) {
      HikariResource resource = HikariResource.of(dataSource);
      CheckpointCoordinator.global().register(resource);
      // Not the whole walk: JMH holds a connection to the JVM that started this one.
      resource.beforeCheckpoint(null);
      resource.afterRestore(null);
    }
  }

  private static <T> T stub(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  private static @Nullable Object answer(
      Object stub, Method method, Object @Nullable [] arguments) {
    return switch (method.getName()) {
      case "getConnection" -> stub(Connection.class, new StubConnection());
      case "getLoginTimeout", "hashCode" -> 0;
      case "toString" -> "stub";
      default -> null;
    };
  }

  /** What HikariCP asks of a connection when it opens and closes it. */
  private static final class StubConnection implements InvocationHandler {

    private volatile boolean closed;

    @Override
    public @Nullable Object invoke(Object stub, Method method, Object @Nullable [] arguments) {
      return switch (method.getName()) {
        case "close" -> {
          closed = true;
          yield null;
        }
        case "isClosed" -> closed;
        case "isValid" -> !closed;
        case "getAutoCommit" -> true;
        case "isReadOnly" -> false;
        case "getTransactionIsolation", "getNetworkTimeout", "hashCode" -> 0;
        case "toString" -> "stub";
        default -> null;
      };
    }
  }

  /**
   * Borrows a connection and gives it back.
   *
   * @return the connection, so that nothing is left out
   * @throws SQLException if there is none
   */
  @Benchmark
  public Connection borrow() throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      return connection;
    }
  }

  /** Closes the pool. */
  @TearDown
  public void close() {
    dataSource.close();
  }
}
