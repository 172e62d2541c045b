/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.hikari.HikariResource;
import dev.cracadapters.hikari.fixture.Deadlines;
import dev.cracadapters.hikari.fixture.Pools;
import dev.cracadapters.hikari.fixture.Postgres;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The driver's data source below a pool: it can be held while it connects or tells whether a
 * connection is valid, and knows who asks it in a pause, when nobody may.
 */
final class GuardedDriver extends PGSimpleDataSource {

  private static final long serialVersionUID = 1L;

  private static final Duration LOOKED_AT = Duration.ofMillis(250);
  private static final Duration BETWEEN = Duration.ofMillis(2);

  private final transient Postgres postgres;
  private final String name;
  private final transient Queue<Throwable> askedInPause = new ConcurrentLinkedQueue<>();
  private volatile boolean pause;
  private transient volatile Hold connecting = Hold.NONE;
  private transient volatile Hold validating = Hold.NONE;

  /** A place where a thread is kept. */
  record Hold(CountDownLatch entered, CountDownLatch goOn) {

    static final Hold NONE = new Hold(new CountDownLatch(0), new CountDownLatch(0));

    static Hold here() {
      return new Hold(new CountDownLatch(1), new CountDownLatch(1));
    }

    void pass() {
      entered.countDown();
      try {
        if (!goOn.await(20, TimeUnit.SECONDS)) {
          throw new AssertionError("held for too long");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError(e);
      }
    }

    void awaitEntered() throws InterruptedException {
      if (!entered.await(20, TimeUnit.SECONDS)) {
        throw new AssertionError("nobody came");
      }
    }
  }

  GuardedDriver(Postgres postgres, String name) {
    this.postgres = postgres;
    this.name = name;
    setUrl(postgres.url(name));
    setUser("postgres");
  }

  /** A pool of five on top of it. */
  HikariConfig config() {
    HikariConfig config = new HikariConfig();
    config.setPoolName(name);
    config.setDataSource(this);
    config.setMaximumPoolSize(5);
    return config;
  }

  Hold holdConnecting() {
    connecting = Hold.here();
    return connecting;
  }

  Hold holdValidating() {
    validating = Hold.here();
    return validating;
  }

  @Override
  public Connection getConnection() throws SQLException {
    if (pause) {
      askedInPause.add(new AssertionError("asked in the pause by " + Thread.currentThread()));
    }
    // In the middle of it: there is a session, and the pool does not have it yet.
    Connection connection = super.getConnection();
    connecting.pass();
    return (Connection)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("isValid")) {
                validating.pass();
              }
              try {
                return method.invoke(connection, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  interface Body {
    void run() throws Exception;
  }

  /**
   * Has something done in the pause of a pool that is down, looks at it for a while, and brings the
   * pool back; what was seen of a connection meanwhile.
   */
  List<String> seenInPause(HikariResource resource, Duration lookedAt, Body body) throws Exception {
    List<String> seen = new ArrayList<>();
    pause = true;
    try {
      look(seen);
      body.run();
      Deadline end = Deadline.after(lookedAt);
      do {
        look(seen);
        Deadlines.pass(BETWEEN);
      } while (!end.hasPassed());
      look(seen);
    } finally {
      pause = false;
      resource.afterRestore(null);
    }
    askedInPause.forEach(asked -> seen.add(asked.getMessage()));
    return seen;
  }

  List<String> seenInPause(HikariResource resource, Body body) throws Exception {
    return seenInPause(resource, LOOKED_AT, body);
  }

  private void look(List<String> seen) throws Exception {
    seen.addAll(postgres.sessions(name));
    int sockets = postgres.openSockets();
    if (sockets != 0) {
      seen.add(sockets + " sockets");
    }
  }

  static void awaitServing(HikariDataSource dataSource, int idle) throws Exception {
    Pools.awaitIdle(dataSource, idle);
    if (Pools.selectOne(dataSource) != 1) {
      throw new AssertionError("no answer");
    }
  }
}
