/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.Phase;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.SideBySideResource;
import dev.cracadapters.hikari.borrow.BorrowClock;
import dev.cracadapters.hikari.drain.DrainGroup;
import dev.cracadapters.hikari.drain.HeldStart;
import dev.cracadapters.hikari.drain.MemoryDatabase;
import dev.cracadapters.hikari.drain.PoolDrain;
import dev.cracadapters.hikari.drain.PoolRest;
import dev.cracadapters.hikari.drain.StartHold;
import dev.cracadapters.hikari.drain.Warming;
import dev.cracadapters.hikari.pool.PoolAccess;
import dev.cracadapters.hikari.settings.SettingsAtRestore;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.crac.Context;
import org.crac.Resource;
import org.jspecify.annotations.Nullable;

/**
 * A HikariCP pool at a checkpoint. The pool needs no configuration for it; in particular {@code
 * allowPoolSuspension} need not be set.
 *
 * <p><b>At a checkpoint</b> callers who ask for a connection wait. Borrowed connections are waited
 * for. Then all connections are closed, and it is waited until each of the pool's threads is done
 * and, on Linux and over TCP, until the database has ended each session. Nothing opens a connection
 * until the restore. A pool that is not started yet is kept from starting. Several pools are
 * drained side by side: none is closed before the connections of all are given back.
 *
 * <p><b>At a restore</b> a pool with a {@code minimumIdle} opens so many connections side by side,
 * before anybody else goes on ({@link HikariSettings#warm()}); others in the background. Then the
 * callers go on, with their whole {@code connectionTimeout} before them. A database that is down
 * neither fails nor delays the restore: the pool tries again in the background until it answers. A
 * configuration of the restore's time can be given ({@link #of(DataSource, HikariSettings,
 * Supplier)}), with another database or password.
 *
 * <p><b>On failure</b>, that is when a connection is not given back in time or the database does
 * not let go of a session, the checkpoint is refused and the pool goes on with the connections that
 * it has. The refusal names who has a connection, since when, and what he does. With {@link
 * HikariSettings.OnTimeout#ABORT} what is not given back in time is aborted instead.
 *
 * <p>A pool that the user has suspended is drained as well, and is still suspended after the
 * restore. A data source that is closed takes no part.
 */
public final class HikariResource implements SideBySideResource {

  private final HikariDataSource dataSource;
  private final HikariSettings settings;
  private final PoolAccess access;
  private final Warming warming;
  private final @Nullable SettingsAtRestore atRestore;
  private int restores;
  private @Nullable StartHold hold;
  private @Nullable PoolDrain drain;

  /** All that go down with this one, from when that is told until it does. */
  private @Nullable DrainGroup group;

  /** The group that was first told to this one, and what it is told by. */
  private @Nullable DrainGroup led;

  private @Nullable List<?> ledResources;

  private HikariResource(
      HikariDataSource dataSource,
      HikariSettings settings,
      @Nullable Supplier<HikariConfig> atRestore) {
    this.dataSource = dataSource;
    this.settings = settings;
    this.access = PoolAccess.create();
    this.warming = new Warming(settings, access);
    this.atRestore =
        atRestore == null ? null : new SettingsAtRestore(dataSource, atRestore, access);
    if (settings.trackBorrowers()) {
      BorrowClock.track(dataSource, access);
    }
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
    return new HikariResource(unwrap(dataSource), settings, null);
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
   * @param atRestore gives the configuration at a restore; it runs in the thread of the walk
   * @return the resource, to be registered with a coordinator
   * @throws IllegalArgumentException if there is no {@code HikariDataSource} in the data source
   * @throws IllegalStateException if this HikariCP is not one that crac-hikari can work with
   */
  public static HikariResource of(
      DataSource dataSource, HikariSettings settings, Supplier<HikariConfig> atRestore) {
    return new HikariResource(unwrap(dataSource), settings, atRestore);
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
    String name = dataSource.getPoolName();
    return name == null ? "HikariDataSource" : name;
  }

  @Override
  public int phase() {
    return Phase.CLIENTS;
  }

  /**
   * Joins the pools that are drained together: none is closed before the borrowed connections of
   * all are given back, for who has one may need another pool's.
   *
   * @param resources the resources of all these pools
   */
  @Override
  public void goesDownWith(List<? extends SideBySideResource> resources) {
    DrainGroup told = ((HikariResource) resources.get(0)).groupOf(resources);
    told.expects(this, dataSource);
    synchronized (this) {
      group = told;
    }
  }

  /** The one object that all of a group share. */
  private synchronized DrainGroup groupOf(List<?> resources) {
    if (led == null || ledResources != resources) {
      led = new DrainGroup();
      ledResources = resources;
    }
    return led;
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
    int restore;
    DrainGroup all;
    synchronized (this) {
      restore = restores;
      all = group == null ? DrainGroup.ofOne(this, dataSource) : group;
      // Whoever calls this once more, and not the walk, calls it for this pool alone.
      group = null;
    }
    boolean ended = false;
    try {
      goDown(all, restore);
      ended = true;
    } finally {
      if (!ended) {
        all.callOff();
      }
    }
  }

  private void goDown(DrainGroup all, int restore) throws RefusedException, InterruptedException {
    if (!all.isOwner(this, dataSource)) {
      all.awaitEnd();
      return;
    }
    if (dataSource.isClosed()) {
      all.leaves();
      return;
    }
    Deadline drainUntil = Deadline.after(settings.drainTimeout());
    HikariPool pool = startedPool(restore);
    while (pool == null) {
      HeldStart held = new HeldStart(this::releaseStart, drainUntil);
      all.joins(this, held);
      if (held.isHeldWhile(all)) {
        return;
      }
      pool = startedPool(restore);
    }
    MemoryDatabase.refuseToLose(pool);
    drainOf(pool, restore).down(all, this);
  }

  /**
   * Resumes the pool: with its new settings, and with its connections open if the settings say so
   * and the database answers in time. Fails never, and does nothing if the pool was not drained.
   *
   * @param context not used, may be null
   */
  @Override
  public synchronized void afterRestore(@Nullable Context<? extends Resource> context) {
    restores++;
    group = null;
    led = null;
    ledResources = null;
    useSettingsAtRestore();
    if (drain != null) {
      drain.up(warming);
      drain = null;
    }
    releaseStart();
  }

  private void useSettingsAtRestore() {
    if (atRestore == null || dataSource.isClosed()) {
      return;
    }
    HikariPool pool = pool();
    if (pool != null && drain != null && drain.isDrained()) {
      atRestore.use(pool);
    } else if (pool == null && hold != null && hold.isHeld()) {
      atRestore.useBeforeStart();
    }
  }

  /** The pool, or null if there is none and none will be started before the restore. */
  private @Nullable HikariPool startedPool(int restore)
      throws RefusedException, InterruptedException {
    if (pool() == null) {
      if (!holdStart(restore).isHeldBefore(Deadline.after(settings.drainTimeout()))) {
        throw new RefusedException(
            name(),
            "the pool is being started, which waits for the database",
            "See whether the database answers, and take the checkpoint again");
      }
      if (pool() != null) {
        // Started meanwhile, by someone who was there first.
        releaseStart();
      }
    }
    return pool();
  }

  private @Nullable HikariPool pool() {
    return (HikariPool) dataSource.getHikariPoolMXBean();
  }

  private synchronized StartHold holdStart(int restore) throws RefusedException {
    refuseIfRestoredSince(restore);
    if (hold == null) {
      hold = StartHold.on(dataSource);
    }
    return hold;
  }

  private synchronized void releaseStart() {
    if (hold != null) {
      hold.release();
      hold = null;
    }
  }

  private synchronized PoolDrain drainOf(HikariPool pool, int restore) throws RefusedException {
    refuseIfRestoredSince(restore);
    if (drain == null) {
      drain = new PoolDrain(pool, access, settings);
    }
    return drain;
  }

  /** Nobody would open again what a walk that was given up closes too late. */
  private void refuseIfRestoredSince(int restore) throws RefusedException {
    if (restore != restores) {
      throw PoolRest.resumed(name());
    }
  }
}
