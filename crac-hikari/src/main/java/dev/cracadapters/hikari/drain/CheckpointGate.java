/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import com.zaxxer.hikari.util.SuspendResumeLock;
import java.sql.SQLException;
import java.util.Map;
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
final class CheckpointGate extends SuspendResumeLock {

  private final SuspendResumeLock replaced;
  private final String poolName;

  /** The callers until they have their connection, each with what it waits for at the gate. */
  private final Map<Thread, CountDownLatch> callers = new ConcurrentHashMap<>();

  private volatile boolean open;

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
      await();
    }
    try {
      replaced.acquire();
    } catch (SQLException e) {
      callers.remove(Thread.currentThread());
      throw e;
    }
  }

  private void await() throws SQLException {
    CountDownLatch mayPass = new CountDownLatch(1);
    callers.put(Thread.currentThread(), mayPass);
    if (open) {
      // Whoever opened the gate may not have seen this caller.
      mayPass.countDown();
    }
    try {
      mayPass.await();
    } catch (InterruptedException e) {
      callers.remove(Thread.currentThread());
      // As HikariCP does it for a caller who is interrupted while waiting for a connection.
      Thread.currentThread().interrupt();
      throw new SQLException(poolName + " - Interrupted while waiting for a restore", e);
    }
  }

  @Override
  public void release() {
    callers.remove(Thread.currentThread());
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

  /** Whether a caller was let through and may not have come as far as the pool yet. */
  boolean isPassed() {
    return callers.values().stream().anyMatch(mayPass -> mayPass.getCount() == 0);
  }

  int waiting() {
    return (int) callers.values().stream().filter(mayPass -> mayPass.getCount() > 0).count();
  }

  /** Lets those through who wait now; who comes later waits on. */
  void letWaitingThrough() {
    callers.values().forEach(CountDownLatch::countDown);
  }

  /** Lets those of some threads through who wait now. */
  void letThrough(Set<Thread> threads) {
    callers.forEach(
        (caller, mayPass) -> {
          if (threads.contains(caller)) {
            mayPass.countDown();
          }
        });
  }

  /** Lets everybody through, for good. */
  void open() {
    open = true;
    letWaitingThrough();
  }
}
