/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import dev.cracadapters.hikari.HikariResource;
import dev.cracadapters.hikari.fixture.Background;
import dev.cracadapters.hikari.fixture.Deadlines;
import dev.cracadapters.hikari.fixture.Pools;
import dev.cracadapters.hikari.fixture.Postgres;
import dev.cracadapters.hikari.pool.PoolAccess;
import java.sql.Connection;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Delayed;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RunnableScheduledFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A pool whose own work by the clock runs in an executor of the user's, among other things. */
@Timeout(60)
class UsersExecutorTest {

  private final Postgres postgres = Postgres.shared();

  @Test
  @DisplayName("A connection that is being kept alive there is waited for, and other work is not")
  void beingKeptAlive() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    GuardedDriver driver = new GuardedDriver(postgres, "users-keepalive");
    ScheduledExecutorService executor = Executors.newScheduledThreadPool(2);
    HikariConfig config = driver.config();
    config.setScheduledExecutor(executor);
    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      HikariResource resource = HikariResource.of(dataSource);
      Pools.awaitIdle(dataSource, 5);
      dataSource.setKeepaliveTime(100);
      GuardedDriver.Hold hold = driver.holdValidating();
      dataSource.getHikariPoolMXBean().softEvictConnections();
      hold.awaitEntered();
      executor.execute(() -> await(never));

      Background<Boolean> checkpoint = checkpoint(resource);
      Deadlines.pass(Duration.ofMillis(100));
      assertThat(checkpoint.isDone()).isFalse();
      hold.goOn().countDown();
      assertThat(checkpoint.result().get(20, TimeUnit.SECONDS)).isTrue();

      assertThat(driver.seenInPause(resource, () -> {})).isEmpty();
      assertThat(Pools.selectOne(dataSource)).isEqualTo(1);
    } finally {
      never.countDown();
      executor.shutdownNow();
    }
  }

  @Test
  @DisplayName("A connection that the pool has forgotten and not closed yet is waited for")
  void forgottenAndNotClosed() throws Exception {
    GuardedDriver driver = new GuardedDriver(postgres, "users-forgotten");
    HeldCancels executor = new HeldCancels();
    HikariConfig config = driver.config();
    config.setMaximumPoolSize(2);
    config.setScheduledExecutor(executor);
    try (HikariDataSource dataSource = new HikariDataSource(config)) {
      HikariResource resource = HikariResource.of(dataSource);
      Pools.awaitIdle(dataSource, 2);
      Connection borrowed = dataSource.getConnection();
      Background<Boolean> checkpoint = checkpoint(resource);
      HikariPool pool = (HikariPool) dataSource.getHikariPoolMXBean();
      Deadlines.within(
          Duration.ofSeconds(10), () -> new PoolAccess().lock(pool) instanceof CheckpointGate);
      // Has taken down what is open, and waits for the borrowed connection.
      Deadlines.within(Duration.ofSeconds(10), checkpoint::isWaiting);
      Deadlines.pass(Duration.ofMillis(100));
      GuardedDriver.Hold hold = GuardedDriver.Hold.here();
      executor.hold = hold;
      // HikariCP takes a connection out of the pool, ends its timers, and then has it closed.
      Background<Boolean> evicting =
          Background.run(
              "evicting",
              () -> {
                pool.softEvictConnections();
                return true;
              });
      hold.awaitEntered();
      executor.hold = GuardedDriver.Hold.NONE;
      borrowed.close();
      Deadlines.within(Duration.ofSeconds(10), () -> pool.getTotalConnections() == 0);
      Deadlines.pass(Duration.ofMillis(200));
      boolean early = checkpoint.isDone();
      hold.goOn().countDown();

      assertThat(checkpoint.result().get(20, TimeUnit.SECONDS)).isTrue();
      assertThat(early).isFalse();
      assertThat(driver.seenInPause(resource, () -> {})).isEmpty();
      assertThat(evicting.result().get(10, TimeUnit.SECONDS)).isTrue();
    } finally {
      executor.shutdownNow();
    }
  }

  /** Keeps whoever cancels a timer. */
  private static final class HeldCancels extends ScheduledThreadPoolExecutor {

    volatile GuardedDriver.Hold hold = GuardedDriver.Hold.NONE;

    HeldCancels() {
      super(1);
    }

    @Override
    protected <V> RunnableScheduledFuture<V> decorateTask(
        Runnable runnable, RunnableScheduledFuture<V> task) {
      return new HeldTask<>(task);
    }

    private final class HeldTask<V> implements RunnableScheduledFuture<V> {

      private final RunnableScheduledFuture<V> task;

      HeldTask(RunnableScheduledFuture<V> task) {
        this.task = task;
      }

      @Override
      public boolean cancel(boolean mayInterrupt) {
        hold.pass();
        return task.cancel(mayInterrupt);
      }

      @Override
      public void run() {
        task.run();
      }

      @Override
      public boolean isPeriodic() {
        return task.isPeriodic();
      }

      @Override
      public boolean isCancelled() {
        return task.isCancelled();
      }

      @Override
      public boolean isDone() {
        return task.isDone();
      }

      @Override
      public V get() throws InterruptedException, java.util.concurrent.ExecutionException {
        return task.get();
      }

      @Override
      public V get(long timeout, TimeUnit unit)
          throws InterruptedException, ExecutionException, TimeoutException {
        return task.get(timeout, unit);
      }

      @Override
      public long getDelay(TimeUnit unit) {
        return task.getDelay(unit);
      }

      @Override
      public int compareTo(Delayed other) {
        return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
      }
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Background<Boolean> checkpoint(HikariResource resource) {
    return Background.run(
        "checkpoint",
        () -> {
          resource.beforeCheckpoint(null);
          return true;
        });
  }
}
