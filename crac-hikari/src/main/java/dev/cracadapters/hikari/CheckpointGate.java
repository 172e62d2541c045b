/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import com.zaxxer.hikari.util.SuspendResumeLock;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

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
  private final AtomicInteger waiting = new AtomicInteger();
  private final List<Runnable> whenOpen = new ArrayList<>();
  private volatile boolean open;
  private volatile CountDownLatch round = new CountDownLatch(1);

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
      waiting.incrementAndGet();
      try {
        round.await();
      } catch (InterruptedException e) {
        // As HikariCP does it for a caller who is interrupted while waiting for a connection.
        Thread.currentThread().interrupt();
        throw new SQLException(poolName + " - Interrupted while waiting for a restore", e);
      } finally {
        waiting.decrementAndGet();
      }
    }
    replaced.acquire();
  }

  @Override
  public void release() {
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

  int waiting() {
    return waiting.get();
  }

  /** Lets those through who wait now; who comes later waits on. */
  synchronized void letWaitingThrough() {
    if (!open) {
      CountDownLatch now = round;
      round = new CountDownLatch(1);
      now.countDown();
    }
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
    // Whoever read "open" too early to see it also read this round or an earlier one.
    round.countDown();
    whenOpen.forEach(Runnable::run);
    whenOpen.clear();
  }
}
