/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.core.Phase;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.SideBySideGroup;
import dev.cracadapters.core.SideBySideResource;
import dev.cracadapters.hikari.drain.DataSourceDrain;
import dev.cracadapters.hikari.drain.DrainGroup;
import java.sql.SQLException;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.crac.Context;
import org.crac.Resource;
import org.jspecify.annotations.Nullable;

/**
 * A HikariCP pool at a checkpoint. The pool needs no configuration for it; in particular {@code
 * allowPoolSuspension} need not be set.
 *
 * <p><b>At a checkpoint</b> callers who ask for a connection wait. The drain waits until borrowed
 * connections are given back. It closes all connections, and waits until each of the pool's threads
 * is done and, on Linux and over TCP, until the database has ended each session. Nothing opens a
 * connection until the restore. A pool that is not started yet is kept from starting. Several pools
 * are drained side by side: none is closed before the connections of all are given back.
 *
 * <p><b>At a restore</b> a pool with a {@code minimumIdle} opens so many connections side by side,
 * before traffic comes in ({@link HikariSettings#warm()}); others in the background. Then the
 * callers go on, with their whole {@code connectionTimeout} before them. A database that is down
 * neither fails nor delays the restore: the pool tries again in the background until it answers. A
 * configuration of the restore's time can be given ({@link #of(DataSource, HikariSettings,
 * Supplier)}), with another database or password.
 *
 * <p><b>On failure</b>, that is when a connection is not given back in time or the database does
 * not let go of a session, the checkpoint is refused and the pool goes on with the connections that
 * it has. The refusal names each borrower, since when it has the connection, and what it does. With
 * {@link HikariSettings.OnTimeout#ABORT} what is not given back in time is aborted instead.
 *
 * <p>A pool that the user has suspended is drained as well, and is still suspended after the
 * restore. A data source that is closed takes no part.
 */
public final class HikariResource implements SideBySideResource {

  private final DataSourceDrain drain;

  private HikariResource(
      DataSource dataSource, HikariSettings settings, @Nullable Supplier<HikariConfig> atRestore) {
    this.drain = new DataSourceDrain(unwrap(dataSource), settings, atRestore);
  }

  /**
   * A pool with the settings in the system properties {@code crac.hikari.*}.
   *
   * @param dataSource a {@code HikariDataSource}, or what unwraps to one
   * @return the resource, to be registered with a coordinator
   * @throws IllegalArgumentException if there is no {@code HikariDataSource} in the data source
   * @throws IllegalStateException if this HikariCP is not one that crac-hikari can work with
   */
  public static HikariResource of(DataSource dataSource) {
    return of(dataSource, HikariSettings.fromSystemProperties());
  }

  /**
   * A pool with settings.
   *
   * @param dataSource a {@code HikariDataSource}, or what unwraps to one
   * @param settings how long to wait, and for what
   * @return the resource, to be registered with a coordinator
   * @throws IllegalArgumentException if there is no {@code HikariDataSource} in the data source
   * @throws IllegalStateException if this HikariCP is not one that crac-hikari can work with
   */
  public static HikariResource of(DataSource dataSource, HikariSettings settings) {
    return new HikariResource(dataSource, settings, null);
  }

  /**
   * A pool with settings, and with a configuration of its own time after each restore.
   *
   * <p>The supplier is called each time that the drained pool comes back, also after a checkpoint
   * that failed, before any connection is opened. It gives the whole configuration as it would be
   * if the application were started now: by the method that made the first one, or as a copy of the
   * data source's ({@code copyStateTo}) in which something is changed. It is checked as HikariCP
   * does it at a start. What differs from the pool's is used for every new connection: URL, user,
   * password, driver, data source and their properties, credentials provider, catalog, isolation,
   * first statement, sizes and times. What has not changed is not touched. A data source that was
   * never started starts with all of it.
   *
   * <p>The pool's name, the schema, auto-commit, read-only, whether there is a test query, and what
   * else a running pool cannot change, stay as they are; a warning names what differs. A supplier
   * that throws, a configuration that HikariCP refuses, or a URL that no driver takes, is logged as
   * an error, and the pool goes on as it was. No log line has a password. A pool that could not be
   * drained keeps its connections and its settings.
   *
   * <p>The old password is then in no object of HikariCP, its drivers or this resource any more.
   * The supplier must not keep it itself.
   *
   * @param dataSource a {@code HikariDataSource}, or what unwraps to one
   * @param settings how long to wait, and for what
   * @param atRestore gives the configuration at a restore; it runs in a thread of the walk, beside
   *     lifecycle beans that start and wait for a connection: it must not wait for what they hold
   * @return the resource, to be registered with a coordinator
   * @throws IllegalArgumentException if there is no {@code HikariDataSource} in the data source
   * @throws IllegalStateException if this HikariCP is not one that crac-hikari can work with
   */
  public static HikariResource of(
      DataSource dataSource, HikariSettings settings, Supplier<HikariConfig> atRestore) {
    return new HikariResource(dataSource, settings, atRestore);
  }

  private static HikariDataSource unwrap(DataSource dataSource) {
    try {
      // Also for a HikariDataSource itself: a proxy of it answers with the one behind it.
      return dataSource.unwrap(HikariDataSource.class);
    } catch (SQLException | RuntimeException e) {
      throw new IllegalArgumentException(
          dataSource.getClass().getName() + " is not a HikariDataSource and does not unwrap to one",
          e);
    }
  }

  /**
   * What reports and messages call the pool.
   *
   * @return the pool's name, such as {@code HikariPool-1}; {@code HikariDataSource} while the pool
   *     is not started and has been given no name
   */
  @Override
  public String name() {
    return drain.name();
  }

  @Override
  public int phase() {
    return Phase.CLIENTS;
  }

  /** Callers wait for a connection until the pool is back. */
  @Override
  public boolean callersWait() {
    return true;
  }

  /**
   * Joins the pools that are drained together: none is closed before the borrowed connections of
   * all are given back, since a borrower of one may need a connection of another.
   *
   * @param walk the group of this walk's pools
   */
  @Override
  public void goesDownWith(SideBySideGroup walk) {
    drain.join(walk.shared(DrainGroup.class, DrainGroup::new));
  }

  /**
   * Drains the pool, together with those that go down with it. Where another of them is refused,
   * this one ends as well, wherever it is: the checkpoint is refused.
   *
   * @param context not used, may be null
   * @throws RefusedException if a connection is borrowed for longer than the drain timeout, the
   *     database does not let go of a session, or it would be lost with its last connection
   * @throws InterruptedException if the thread is interrupted while waiting
   */
  @Override
  public void beforeCheckpoint(@Nullable Context<? extends Resource> context)
      throws RefusedException, InterruptedException {
    drain.down();
  }

  /**
   * Resumes the pool: with its new settings, and with its connections open if the settings say so
   * and the database answers in time. Does nothing if the pool was not drained. Whatever a user's
   * class or the JVM throws on the way, the callers go on; then it is thrown from here.
   *
   * @param context not used, may be null
   */
  @Override
  public void afterRestore(@Nullable Context<? extends Resource> context) {
    drain.up();
  }
}
