/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import com.zaxxer.hikari.util.SuspendResumeLock;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/**
 * Where callers wait from the drain to the restore. {@code HikariPool.getConnection} acquires its
 * {@code suspendResumeLock} before it starts to count the connection timeout, so that a caller who
 * waits in here waits as long as the checkpoint takes and has its whole timeout afterwards.
 *
 * <p>The gate stands in for the pool's own lock (a lock that does nothing unless {@code
 * allowPoolSuspension} is set), and is put in and taken out while callers are between {@code
 * acquire} and {@code release}. It therefore passes both on: whoever got through the gate also has
 * acquired the pool's own lock, whichever of the two it releases.
 */
public final class CheckpointGate extends SuspendResumeLock {

  private final SuspendResumeLock replaced;
  private final String poolName;
  private final Set<Waiter> waiters = ConcurrentHashMap.newKeySet();

  /** Those who were let through, until they have their connection. */
  private final Set<Thread> letThrough = ConcurrentHashMap.newKeySet();

  private final List<Runnable> whenOpen = new ArrayList<>();
  private volatile boolean open;

  private record Waiter(Thread thread, CountDownLatch goesOn) {}

  CheckpointGate(SuspendResumeLock replaced, String poolName) {
    this.replaced = replaced;
    this.poolName = poolName;
  }

  /** The pool's own lock, also where a second resource of the same pool put a gate on a gate. */
  SuspendResumeLock replaced() {
    return replaced instanceof CheckpointGate gate && gate.open ? gate.replaced() : replaced;
  }

  @Override
  public void acquire() throws SQLException {
    if (!open) {
      Waiter waiter = new Waiter(Thread.currentThread(), new CountDownLatch(1));
      waiters.add(waiter);
      try {
        // Whoever opened the gate without seeing this one has opened it by now.
        if (!open) {
          waiter.goesOn.await();
        }
        letThrough.add(waiter.thread);
      } catch (InterruptedException e) {
        // As HikariCP does it for a caller who is interrupted while waiting for a connection.
        Thread.currentThread().interrupt();
        throw new SQLException(poolName + " - Interrupted while waiting for a restore", e);
      } finally {
        waiters.remove(waiter);
      }
    }
    try {
      replaced.acquire();
    } catch (SQLException e) {
      letThrough.remove(Thread.currentThread());
      throw e;
    }
  }

  @Override
  public void release() {
    letThrough.remove(Thread.currentThread());
    replaced.release();
  }

  @Override
  public void suspend() {
    if (replaced == FAUX_LOCK) {
      // HikariCP's own check sees the gate, not the lock that it compares with.
      throw new IllegalStateException(poolName + " - is not suspendable");
    }
    replaced.suspend();
  }

  @Override
  public void resume() {
    replaced.resume();
  }

  /** Whether somebody was let through and may not have come as far as the pool yet. */
  boolean isPassed() {
    // In this order: he is in one of both at any time.
    return waiters.stream().anyMatch(waiter -> waiter.goesOn.getCount() == 0)
        || !letThrough.isEmpty();
  }

  int waiting() {
    return waiters.size();
  }

  /** Lets those through who wait now; who comes later waits on. */
  void letWaitingThrough() {
    waiters.forEach(waiter -> waiter.goesOn.countDown());
  }

  /** Lets those of some threads through who wait now. */
  void letThrough(Set<Thread> threads) {
    waiters.stream()
        .filter(waiter -> threads.contains(waiter.thread))
        .forEach(waiter -> waiter.goesOn.countDown());
  }

  /** Has something done when everybody is let through: at once if that has been. */
  synchronized void whenOpen(Runnable action) {
    if (open) {
      action.run();
    } else {
      whenOpen.add(action);
    }
  }

  /** Lets everybody through, for good. */
  synchronized void open() {
    open = true;
    letWaitingThrough();
    whenOpen.forEach(Runnable::run);
    whenOpen.clear();
  }
}
