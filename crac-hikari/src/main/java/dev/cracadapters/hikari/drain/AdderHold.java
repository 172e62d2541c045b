/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Keeps a pool from opening connections, whoever asks for them: a started pool opens them in its
 * connection adder, which has one thread, and this occupies that thread. What is asked for
 * meanwhile has its turn afterwards.
 */
final class AdderHold implements Runnable {

  /** The adders whose thread is occupied; two resources of one pool need it only once. */
  private static final Set<ThreadPoolExecutor> HELD = ConcurrentHashMap.newKeySet();

  private static final long SHUTDOWN_CHECK_MILLIS = 100;

  private final ThreadPoolExecutor adder;
  private final CountDownLatch released = new CountDownLatch(1);
  private boolean requested;

  AdderHold(ThreadPoolExecutor adder) {
    this.adder = adder;
  }

  /** Asks for the adder's thread, unless that has been done. For one thread to call. */
  void request() {
    // Not by execute: the adder drops without a word what its queue has no room for.
    if (!requested && !isOn(adder) && !adder.isShutdown() && adder.getQueue().offer(this)) {
      requested = true;
      adder.prestartCoreThread();
    }
  }

  /** Whether an adder adds nothing any more; what it was adding before is there or has failed. */
  static boolean isOn(ThreadPoolExecutor adder) {
    return HELD.contains(adder) || adder.isTerminated();
  }

  @Override
  public void run() {
    HELD.add(adder);
    try {
      await(released, adder);
    } catch (InterruptedException e) {
      // Only the end of the pool interrupts this thread.
      Thread.currentThread().interrupt();
    } finally {
      HELD.remove(adder);
    }
  }

  /** Waits in an adder's thread, for which whoever closes the pool waits: then this ends, too. */
  static void await(CountDownLatch end, ThreadPoolExecutor adder) throws InterruptedException {
    boolean ended = false;
    while (!ended && !adder.isShutdown()) {
      ended = end.await(SHUTDOWN_CHECK_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /** Lets the adder go on. Releasing again does nothing. */
  void release() {
    released.countDown();
  }
}
