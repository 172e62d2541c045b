/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import dev.cracadapters.core.Deadline;
import java.time.Duration;
import java.util.Set;

/**
 * The part of a pool that is not started: nobody has a connection of it, but a thread that has one
 * of another pool may be the one that starts it.
 */
public final class HeldStart implements DrainGroup.Part {

  private static final Duration LONG = Duration.ofDays(1);

  private final Runnable release;
  private final Deadline drain;
  private volatile boolean letGo;

  /**
   * A start that is held.
   *
   * @param release lets the start go on
   * @param drain when the pool's own time is over
   */
  public HeldStart(Runnable release, Deadline drain) {
    this.release = release;
    this.drain = drain;
  }

  /**
   * Waits until the group is down or off, which is true. False if the start had to be let go, and
   * nobody has a connection of another pool any more: then the start is to be held again, or the
   * pool to be drained.
   */
  public boolean isHeldWhile(DrainGroup group) throws InterruptedException {
    while (!letGo) {
      Deadline.after(LONG).await(() -> letGo || group.isSettled());
      if (letGo) {
        break;
      }
      DrainGroup.Outcome outcome = group.vote(true);
      if (outcome == DrainGroup.Outcome.AGREED) {
        outcome = group.vote(!letGo);
      }
      if (outcome == DrainGroup.Outcome.AGREED) {
        group.isDown();
      }
      if (outcome != DrainGroup.Outcome.AGAIN) {
        return true;
      }
    }
    Deadline.after(LONG).await(() -> group.isOff() || !group.isBorrowed());
    return group.isOff();
  }

  @Override
  public boolean isGivenBack() {
    return !letGo;
  }

  @Override
  public boolean isBorrowed() {
    return false;
  }

  @Override
  public Set<Thread> borrowers() {
    return Set.of();
  }

  @Override
  public void letThrough(Set<Thread> threads) {
    // Nobody can tell who waits for a monitor: they go on with all who wait.
  }

  @Override
  public void letWaitingThrough() {
    letGo = true;
    release.run();
  }

  @Override
  public Deadline drain() {
    return drain;
  }

  @Override
  public Set<String> servers() {
    return Set.of();
  }
}
