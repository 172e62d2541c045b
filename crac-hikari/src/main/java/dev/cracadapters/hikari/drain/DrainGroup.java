/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.core.Deadline;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * The pools that are drained together. A thread that has a connection of one may wait for a
 * connection of another: were that one parked by itself, the first would never get its connection
 * back. So the pools are parked when the connections of all are given back, and stay parked when
 * all are closed without anybody needing one.
 *
 * <p>Each pool has its own thread, its own time and its own refusal. Where one fails, the going
 * down of all is off: the checkpoint fails anyway.
 */
public final class DrainGroup {

  /** One pool as the others see it. Called by their threads. */
  interface Part {

    /** Whether no connection of the pool is needed by anybody who got past its gate. */
    boolean isGivenBack();

    /** Whether somebody has a connection of the pool, or is about to get one. */
    default boolean isBorrowed() {
      return !isGivenBack();
    }

    /** The threads that are known to have a connection of the pool; not all may be. */
    default Set<Thread> borrowers() {
      return Set.of();
    }

    /** Lets some threads go on, as far as they wait for a connection now. */
    void letThrough(Set<Thread> threads);

    /** Lets those go on who wait for a connection now. */
    void letWaitingThrough();

    /** When the pool's own time for giving back is over. */
    Deadline drain();

    /** The servers of the pool, as far as its configuration tells them. */
    default Set<String> servers() {
      return Set.of();
    }
  }

  /** What all pools of the group have come to, once each has tried. */
  enum Outcome {
    /** All of them agree. */
    AGREED,
    /** At least one does not: all of them try again. */
    AGAIN,
    /** One has failed. */
    OFF
  }

  private final Map<HikariDataSource, Object> owners = new IdentityHashMap<>();
  private final Map<Object, Part> parts = new IdentityHashMap<>();
  private int expected;
  private int round;
  private int votes;
  private boolean disagreed;
  private boolean lastDisagreed;
  private boolean isDown;
  private volatile boolean off;

  /** Announces a member that will come; a second one for the same pool is only to wait. */
  synchronized void expect(Object member, HikariDataSource dataSource) {
    if (owners.putIfAbsent(dataSource, member) == null) {
      expected++;
    }
  }

  /** Whether the pool is this member's to drain. */
  synchronized boolean isOwner(Object member, HikariDataSource dataSource) {
    return owners.get(dataSource) == member;
  }

  /** A member that was announced has no pool to drain. */
  synchronized void leave() {
    expected--;
    if (expected == 0) {
      end();
    }
  }

  /** A member lets nobody get a connection any more. Joining again replaces its part. */
  synchronized void join(Object member, Part part) {
    parts.put(member, part);
  }

  private synchronized Collection<Part> all() {
    return List.copyOf(parts.values());
  }

  private synchronized boolean isComplete() {
    return parts.size() == expected;
  }

  /** Whether there is nothing more to wait for: nobody needs a connection, or all is off. */
  boolean isSettled() {
    // Twice: a thread that took a connection of this pool after it was asked, and then gave one of
    // that pool back before it was asked, is seen the second time.
    return off || (isComplete() && isGivenBack() && isGivenBack());
  }

  private boolean isGivenBack() {
    return all().stream().allMatch(Part::isGivenBack);
  }

  /** Whether somebody has a connection of any pool of the group. */
  boolean isBorrowed() {
    return all().stream().anyMatch(Part::isBorrowed);
  }

  /**
   * Lets those go on who wait at a gate and have a connection: they need a second one to give the
   * first one back.
   */
  void letBorrowersThrough() {
    Set<Thread> borrowers =
        all().stream().flatMap(part -> part.borrowers().stream()).collect(Collectors.toSet());
    if (!borrowers.isEmpty()) {
      all().forEach(part -> part.letThrough(borrowers));
    }
  }

  /** Lets those go on who wait at any gate. */
  void letWaitingThrough() {
    all().forEach(Part::letWaitingThrough);
  }

  /** The end of the longest time for giving back, of those that have come. */
  Deadline drain() {
    return all().stream()
        .map(Part::drain)
        .max(Comparator.comparingLong(Deadline::remainingNanos))
        .orElseGet(() -> Deadline.after(Duration.ZERO));
  }

  /** The servers that others are said to use, and this one is not. */
  Set<String> serversOfOthersThan(Part part) {
    Set<String> servers =
        all().stream()
            .filter(other -> other != part)
            .flatMap(other -> other.servers().stream())
            .collect(Collectors.toSet());
    servers.removeAll(part.servers());
    return servers;
  }

  /**
   * Comes to one mind with the others: all pools are down, when all say so twice. Whoever was let
   * through a moment before the first time has come as far as the pool by the second.
   *
   * @param down whether this member's pool is down
   * @param isStillDown asked again when the others are down, too
   */
  Outcome agree(boolean down, BooleanSupplier isStillDown) throws InterruptedException {
    Outcome outcome = vote(down);
    if (outcome == Outcome.AGREED) {
      outcome = vote(isStillDown.getAsBoolean());
    }
    if (outcome == Outcome.AGREED) {
      end();
    }
    return outcome;
  }

  /** Says whether a member's pool is where it should be, and waits for the others to say it. */
  synchronized Outcome vote(boolean agreed) throws InterruptedException {
    int mine = round;
    votes++;
    disagreed |= !agreed;
    if (votes == expected) {
      lastDisagreed = disagreed;
      disagreed = false;
      votes = 0;
      round++;
      notifyAll();
    }
    while (round == mine && !off) {
      wait();
    }
    if (off) {
      return Outcome.OFF;
    }
    return lastDisagreed ? Outcome.AGAIN : Outcome.AGREED;
  }

  /** All pools are down: whoever only waits for that goes on. */
  private synchronized void end() {
    isDown = true;
    notifyAll();
  }

  /** Waits until all pools are down, or one has failed. */
  synchronized void awaitEnd() throws InterruptedException {
    while (!isDown && !off) {
      wait();
    }
  }

  /** Nobody needs to go down any more. */
  synchronized void callOff() {
    off = true;
    notifyAll();
  }

  boolean isOff() {
    return off;
  }
}
