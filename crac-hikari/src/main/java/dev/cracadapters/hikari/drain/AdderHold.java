/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Keeps a pool from opening connections, whoever asks for it: a started pool opens them in its
 * connection adder, which has one thread, and this sits in it. What is asked for meanwhile has its
 * turn afterwards.
 */
final class AdderHold implements Runnable {

  /** Those whose thread is taken; two resources of one pool need it only once. */
  private static final Set<ThreadPoolExecutor> HELD = ConcurrentHashMap.newKeySet();

  private static final long LOOK_MILLIS = 100;

  private final ThreadPoolExecutor adder;
  private final CountDownLatch released = new CountDownLatch(1);
  private boolean asked;

  AdderHold(ThreadPoolExecutor adder) {
    this.adder = adder;
  }

  /**
   * Asks for the adder's thread unless that has been done; true when it is there, and what was
   * being opened before is open or has failed. For one thread to call.
   */
  boolean isThere() {
    if (adder.isShutdown()) {
      return adder.isTerminated();
    }
    if (HELD.contains(adder)) {
      return true;
    }
    // Not by execute: the adder drops without a word what its queue has no room for.
    if (!asked && adder.getQueue().offer(this)) {
      asked = true;
      adder.prestartCoreThread();
    }
    return HELD.contains(adder);
  }

  /** True while a pool's adder is held, by whomever. */
  static boolean isOn(ThreadPoolExecutor adder) {
    return HELD.contains(adder);
  }

  @Override
  public void run() {
    HELD.add(adder);
    try {
      boolean ended = false;
      // Who closes the pool waits for the adder to end.
      while (!ended && !adder.isShutdown()) {
        ended = released.await(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      // Nobody but the end of the pool.
      Thread.currentThread().interrupt();
    } finally {
      HELD.remove(adder);
    }
  }

  /** Lets the adder go on. Releasing again does nothing. */
  void release() {
    released.countDown();
  }
}
