/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.hold;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.WalkThreads;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The application's threads, suspended from shortly before a snapshot until {@link #release}. It
 * never fails: where the JVM cannot suspend threads nothing is held, and {@link #whyNot} says so.
 *
 * <p>A suspended thread may own what the dump or the walk needs. So a thread that is in the way
 * goes on for a moment first, and a watch lets one go that is waited for after all, or all of them
 * when nothing moves any more. For the same reason there is no lock in here.
 */
public final class ThreadHold {

  private static final Logger LOG = LoggerFactory.getLogger(ThreadHold.class);

  /** How long threads may get out of the way. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final long MOMENT_NANOS = 1_000_000;

  /** After so many moments at the same place a thread will not move. */
  private static final int UNMOVED = 3;

  private static final int MAX_LENT_MOMENTS = 1_000;

  private static final long WATCH_END_MILLIS = 1_000;

  private final Set<Thread> held = ConcurrentHashMap.newKeySet();
  private final Set<Thread> exempt = ConcurrentHashMap.newKeySet();
  private final Set<Thread> lent = ConcurrentHashMap.newKeySet();
  private final List<String> warnings = new CopyOnWriteArrayList<>();
  private final AtomicBoolean released = new AtomicBoolean();
  private final Thread atShutdown = new Thread(this::resumeAll, "crac-hold-shutdown");
  private final HoldWatch watch = new HoldWatch(this, Thread.currentThread());
  private volatile @Nullable Suspension suspension;
  private volatile @Nullable String whyNot;
  private volatile boolean virtualHeld;
  private volatile int threads;
  private volatile long began;
  private volatile long ended;

  private ThreadHold() {}

  /** {@return a hold that has begun, as far as this JVM can hold threads} */
  public static ThreadHold begin() {
    ThreadHold hold = new ThreadHold();
    try {
      hold.suspend();
    } catch (Throwable e) { // whatever it is, the checkpoint is not to fail of it
      hold.release();
      LOG.debug("Threads are not held", e);
      String message = e instanceof UnsupportedOperationException ? e.getMessage() : null;
      hold.whyNot = message == null ? e.toString() : message;
      hold.threads = 0;
    }
    return hold;
  }

  private void suspend() {
    Suspension used = Suspension.ofThisJdk();
    suspension = used;
    exempt.add(watch);
    watch.start();
    Runtime.getRuntime().addShutdownHook(atShutdown);
    rehearse(used);
    suspendPlatform(used);
    if (Thread.currentThread().getClass().getName().equals("java.lang.VirtualThread")) {
      whyNot = "virtual threads are not, because the checkpoint was asked for on one";
    } else {
      suspendVirtual(used);
    }
    began = System.nanoTime();
    threads = held.size();
  }

  /** A class that is loaded later might be one that a suspended thread is loading. */
  private void rehearse(Suspension used) {
    used.resume(used.suspend(Set.of(watch)));
    ApplicationThreads.find(exempt);
    Obstacles.among(Set.of(watch), true);
    Obstacles.amongVirtual();
  }

  private void suspendPlatform(Suspension used) {
    Deadline deadline = Deadline.after(PATIENCE);
    Set<Thread> all = suspendMissing(used);
    outOfTheWay(used, all, false, deadline);
    // Once more for all: one that has just left a monitor may be in a lock.
    outOfTheWay(used, held, true, deadline);
  }

  /** One that is in the way goes on for moments until it is not, or it does not move. */
  private void outOfTheWay(
      Suspension used, Set<Thread> suspended, boolean locks, Deadline deadline) {
    Map<Thread, String> before = new IdentityHashMap<>();
    Map<Thread, Integer> unmoved = new IdentityHashMap<>();
    Set<Thread> looked = suspended;
    while (!looked.isEmpty() && !deadline.hasPassed()) {
      Set<Thread> moving = new HashSet<>();
      Obstacles.among(looked, locks)
          .forEach(
              (thread, place) -> {
                boolean same = place.equals(before.put(thread, place)) && !place.isEmpty();
                int times = same ? unmoved.getOrDefault(thread, 0) + 1 : 0;
                unmoved.put(thread, times);
                if (times < UNMOVED) {
                  moving.add(thread);
                }
              });
      if (moving.isEmpty()) {
        return;
      }
      letGo(moving);
      LockSupport.parkNanos(MOMENT_NANOS);
      looked = suspendMissing(used);
    }
  }

  /** Also those that are started meanwhile; what was not suspended before. */
  private Set<Thread> suspendMissing(Suspension used) {
    Set<Thread> all = Collections.newSetFromMap(new IdentityHashMap<>());
    Set<Thread> missing = missing();
    while (!missing.isEmpty()) {
      Set<Thread> suspended = used.suspend(missing);
      held.addAll(suspended);
      all.addAll(suspended);
      missing.removeAll(suspended);
      exempt.addAll(missing); // has ended, or somebody else has suspended it
      if (released.get()) {
        used.resume(suspended);
        return Set.of();
      }
      missing = missing();
    }
    return all;
  }

  private Set<Thread> missing() {
    Set<Thread> known = new HashSet<>(exempt);
    known.addAll(held);
    return ApplicationThreads.find(known);
  }

  private void suspendVirtual(Suspension used) {
    Deadline deadline = Deadline.after(PATIENCE);
    Map<Thread, String> before = Map.of();
    int unmoved = 0;
    while (true) {
      virtualHeld = true;
      used.suspendVirtual();
      if (released.get()) {
        used.resumeVirtual();
        return;
      }
      Map<Thread, String> inTheWay = Obstacles.amongVirtual();
      boolean same = inTheWay.equals(before) && !inTheWay.containsValue("");
      unmoved = same ? unmoved + 1 : 0;
      if (inTheWay.isEmpty() || unmoved >= UNMOVED || deadline.hasPassed()) {
        return;
      }
      before = inTheWay;
      used.resumeVirtual();
      LockSupport.parkNanos(MOMENT_NANOS);
    }
  }

  private void letGo(Set<Thread> some) {
    Suspension used = suspension;
    if (used != null && !released.get()) {
      held.removeAll(some);
      used.resume(some);
    }
  }

  Set<Thread> held() {
    return held;
  }

  boolean isReleased() {
    return released.get();
  }

  /** Lets one go on as long as somebody needs it. */
  void lend(Thread thread, String why, BooleanSupplier isNeeded) {
    Suspension used = suspension;
    if (used == null || released.get()) {
      return;
    }
    letGo(Set.of(thread));
    if (lent.add(thread)) {
      warnings.add("Thread " + thread.getName() + " went on for a moment: " + why);
    }
    for (int turn = 0; turn < MAX_LENT_MOMENTS && isNeeded.getAsBoolean(); turn++) {
      LockSupport.parkNanos(MOMENT_NANOS);
    }
    if (!released.get()) {
      Set<Thread> again = used.suspend(Set.of(thread));
      held.addAll(again);
      if (released.get()) {
        used.resume(again);
      }
    }
  }

  /** Lets all go on, because the walk does not get on with the hold. */
  void giveUp(String why, String where) {
    whyNot = why;
    warnings.add("The application's threads were not held any longer: " + why + where);
    resumeAll();
  }

  /** No lock and no logging: whoever waits for a suspended thread may call it. */
  private void resumeAll() {
    Suspension used = suspension;
    if (!released.compareAndSet(false, true) || used == null) {
      return;
    }
    ended = System.nanoTime();
    try {
      if (virtualHeld) {
        used.resumeVirtual();
      }
    } finally {
      used.resume(held);
    }
  }

  /** Lets all threads go on. Calling it again does nothing. */
  public void release() {
    resumeAll();
    Suspension used = suspension;
    if (used == null) {
      return;
    }
    suspension = null;
    LockSupport.unpark(watch);
    try {
      if (watch.joined(WATCH_END_MILLIS) && Runtime.getRuntime().removeShutdownHook(atShutdown)) {
        used.close();
      }
    } catch (IllegalStateException e) {
      LOG.debug("The process ends, and its hook may use what would be closed");
    }
    for (String warning : warnings) {
      LOG.warn(warning);
    }
  }

  /** {@return how many platform threads were held} */
  public int threads() {
    return threads;
  }

  /**
   * {@return how many milliseconds the threads were held after the walk's last pause: in a restored
   * process, from its own first step on}
   */
  public long millis() {
    long from = Math.max(began, WalkThreads.pauseEnded());
    return threads == 0 || ended < from ? 0 : (ended - from) / 1_000_000;
  }

  /** {@return why threads were not held, or not to the end, as a clause; null where they were} */
  public @Nullable String whyNot() {
    return whyNot;
  }
}
