/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.Failures;
import dev.cracadapters.hikari.HikariSettings;
import dev.cracadapters.hikari.borrow.BorrowClock;
import dev.cracadapters.hikari.pool.PoolAccess;
import dev.cracadapters.hikari.settings.SettingsAtRestore;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A data source from the checkpoint to the restore, whether its pool is started ({@link PoolDrain})
 * or not ({@link StartHold}).
 */
public final class DataSourceDrain {

  private final HikariDataSource dataSource;
  private final HikariSettings settings;
  private final PoolAccess access;
  private final Warming warming;
  private final @Nullable SettingsAtRestore atRestore;
  private int restores;
  private @Nullable StartHold hold;
  private @Nullable DrainState state;

  /** The pools that go down with this one, from when it is given the group until it goes down. */
  private @Nullable DrainGroup group;

  /** Without a supplier of the configuration at a restore the data source keeps its own. */
  public DataSourceDrain(
      HikariDataSource dataSource,
      HikariSettings settings,
      @Nullable Supplier<HikariConfig> atRestore) {
    this.dataSource = dataSource;
    this.settings = settings;
    this.access = new PoolAccess();
    this.warming = new Warming(settings, access);
    this.atRestore =
        atRestore == null ? null : new SettingsAtRestore(dataSource, atRestore, access);
    if (settings.trackBorrowers()) {
      BorrowClock.track(dataSource, access);
    }
  }

  /** The pool's name; {@code HikariDataSource} while it has none. */
  public String name() {
    return Objects.requireNonNullElse(dataSource.getPoolName(), "HikariDataSource");
  }

  /** Goes down with the pools of a group the next time. */
  public synchronized void join(DrainGroup all) {
    group = all;
    all.expect(this, dataSource);
  }

  /** Drains the pool, or keeps it from starting, until all of its group are down. */
  public void down() throws RefusedException, InterruptedException {
    int restore;
    DrainGroup all;
    synchronized (this) {
      restore = restores;
      if (group == null) {
        // Whoever calls this once more, and not the walk, calls it for this pool alone.
        join(new DrainGroup());
      }
      all = group;
      group = null;
    }
    try {
      down(all, restore);
    } catch (RefusedException | InterruptedException | RuntimeException | Error e) {
      all.callOff();
      throw e;
    }
  }

  private void down(DrainGroup all, int restore) throws RefusedException, InterruptedException {
    if (!all.isOwner(this, dataSource)) {
      all.awaitEnd();
      return;
    }
    if (dataSource.isClosed()) {
      all.leave();
      return;
    }
    Deadline drainUntil = Deadline.after(settings.drainTimeout());
    HikariPool pool = pool();
    while (pool == null) {
      StartHold held = holdStart(restore, drainUntil);
      if (pool() == null) {
        all.join(this, held);
        if (held.awaitDown(all)) {
          return;
        }
      } else {
        // Started meanwhile, by a thread that was there first.
        held.release();
      }
      pool = pool();
    }
    MemoryDatabase.refuseToLose(pool);
    new PoolDrain(pool, access, settings, stateOf(pool, restore), all, this).run();
  }

  /**
   * Brings the pool back, whatever is thrown on the way: callers wait behind each of these steps.
   * Does nothing if the pool was not drained.
   */
  public synchronized void up() {
    restores++;
    group = null;
    Failures<RuntimeException> failures = new Failures<>();
    failures.attempt(this::useSettingsAtRestore, DataSourceDrain::unforeseen);
    DrainState drained = state;
    if (drained != null
        && failures.attempt(() -> drained.open(warming), DataSourceDrain::unforeseen)) {
      state = null;
    }
    if (hold != null) {
      hold.release();
      hold = null;
    }
    failures.throwIfAny();
  }

  static RuntimeException unforeseen(Exception failure) {
    return failure instanceof RuntimeException own ? own : new IllegalStateException(failure);
  }

  private void useSettingsAtRestore() {
    if (atRestore == null || dataSource.isClosed()) {
      return;
    }
    HikariPool pool = pool();
    if (pool == null ? hold != null && hold.isHeld() : state != null && state.hasNoConnections()) {
      atRestore.use(pool);
    }
  }

  private @Nullable HikariPool pool() {
    return (HikariPool) dataSource.getHikariPoolMXBean();
  }

  /** Returns when no pool will be started before the release; one may have been meanwhile. */
  private StartHold holdStart(int restore, Deadline drainUntil)
      throws RefusedException, InterruptedException {
    StartHold held;
    synchronized (this) {
      refuseIfRestoredSince(restore);
      if (hold == null || hold.isReleased()) {
        hold = StartHold.on(dataSource, drainUntil);
      }
      held = hold;
    }
    if (!held.awaitHeld(Deadline.after(settings.drainTimeout()))) {
      throw DrainState.unanswered(
          name(), "the pool is being started, which waits for the database", null);
    }
    return held;
  }

  private synchronized DrainState stateOf(HikariPool pool, int restore) throws RefusedException {
    refuseIfRestoredSince(restore);
    if (state == null) {
      state = new DrainState(pool, access);
    }
    return state;
  }

  /** Nobody would open again what a walk that was given up closes too late. */
  private void refuseIfRestoredSince(int restore) throws RefusedException {
    if (restore != restores) {
      throw DrainState.restoredMeanwhile(name());
    }
  }
}
