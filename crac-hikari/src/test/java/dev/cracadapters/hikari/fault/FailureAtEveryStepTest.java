/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.fault;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.Registration;
import dev.cracadapters.criu.testing.fault.FaultLoader;
import dev.cracadapters.criu.testing.fault.FaultSteps;
import dev.cracadapters.hikari.HikariSettings;
import dev.cracadapters.hikari.fixture.Background;
import dev.cracadapters.hikari.fixture.Pools;
import dev.cracadapters.hikari.fixture.Postgres;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("soak")
@Timeout(300)
@DisplayName("Whatever is thrown at whichever step of a pool's way down and up")
class FailureAtEveryStepTest {

  private final FaultLoader adapter = new FaultLoader("dev.cracadapters.hikari", "BorrowLedger");
  private final Postgres postgres = Postgres.shared();

  private HikariConfig config(String name) {
    HikariConfig config = postgres.config(name);
    config.setMaximumPoolSize(3);
    config.setMinimumIdle(2);
    config.setConnectionTimeout(10_000);
    return config;
  }

  private PhasedResource resource(HikariDataSource pool, Supplier<HikariConfig> atRestore)
      throws Exception {
    Class<?> settings = adapter.loadClass(HikariSettings.class.getName());
    return (PhasedResource)
        adapter
            .loadClass("dev.cracadapters.hikari.HikariResource")
            .getMethod("of", DataSource.class, settings, Supplier.class)
            .invoke(null, pool, settings.getMethod("defaults").invoke(null), atRestore);
  }

  @Test
  @DisplayName("a connection is borrowed afterwards, and who has waited goes on")
  void started() throws Exception {
    List<Registration> registrations = new ArrayList<>();
    int[] restores = {0};
    try (HikariDataSource first = new HikariDataSource(config("fault-1"));
        HikariDataSource second = new HikariDataSource(config("fault-2"))) {
      for (HikariDataSource pool : List.of(first, second)) {
        HikariConfig given = config(pool.getPoolName());
        PhasedResource resource =
            resource(
                pool,
                () -> {
                  HikariConfig changed = new HikariConfig();
                  given.copyStateTo(changed);
                  changed.setMaximumPoolSize(3 + restores[0]++ % 2);
                  return changed;
                });
        registrations.add(CheckpointCoordinator.global().register(resource));
      }
      Caller caller = new Caller(first);
      int steps =
          FaultSteps.each(
              when -> {
                caller.check(when);
                for (HikariDataSource pool : List.of(first, second)) {
                  Background<Integer> borrower =
                      Background.run(FaultSteps.APPLICATION, () -> Pools.selectOne(pool));
                  assertThat(answer(borrower, when + " of " + pool)).isEqualTo(1);
                }
              });
      caller.end();
      assertThat(steps).isGreaterThan(50);
    } finally {
      registrations.forEach(Registration::close);
    }
  }

  private static int answer(Background<Integer> borrower, String when) throws InterruptedException {
    try {
      return borrower.result().get(20, TimeUnit.SECONDS);
    } catch (ExecutionException | java.util.concurrent.TimeoutException e) {
      throw new AssertionError(when, e);
    }
  }

  /** Borrows without a pause, also while the pool is down. */
  private static final class Caller {

    private final Background<Integer> thread;
    private volatile boolean isOver;
    private volatile long borrowed;

    Caller(HikariDataSource pool) {
      thread =
          Background.run(
              FaultSteps.APPLICATION,
              () -> {
                while (!isOver) {
                  Pools.selectOne(pool);
                  borrowed++;
                }
                return 1;
              });
    }

    void check(String when) throws InterruptedException {
      long before = borrowed;
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (borrowed <= before) {
        assertThat(thread.isDone()).as("the caller has failed: " + when).isFalse();
        assertThat(System.nanoTime() - end).as("the caller waits: " + when).isNegative();
        Thread.onSpinWait();
      }
    }

    void end() throws InterruptedException {
      isOver = true;
      assertThat(answer(thread, "at the end")).isEqualTo(1);
    }
  }
}
