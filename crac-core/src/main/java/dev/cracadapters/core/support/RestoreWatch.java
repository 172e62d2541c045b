/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import dev.cracadapters.core.RestoreInfo;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether this process was restored since a walk down began. The walk up alone does not tell:
 * a checkpoint that failed, and a process that was left running, come up as well.
 */
public final class RestoreWatch {

  /** The rehearsal that comes up, null at any other time. */
  private static volatile @Nullable Object rehearsal;

  /** How many walks down have begun. */
  private static final AtomicLong WALKS = new AtomicLong();

  private final long walk = WALKS.get();
  private final @Nullable RestoreInfo before = RestoreInfo.latest().orElse(null);
  private final @Nullable Object rehearsalBefore = rehearsal;

  private RestoreWatch() {}

  /** {@return a watch that begins now, at the begin of a walk down} */
  public static RestoreWatch begin() {
    return new RestoreWatch();
  }

  /** For the coordinator: a walk down begins, and no earlier watch is one of it. */
  public static void walkBegins() {
    WALKS.incrementAndGet();
  }

  /**
   * {@return whether the watch began in the latest walk down that a coordinator has begun} What
   * several resources ask on their way down has been found out then.
   */
  public boolean isOfLatestWalk() {
    return walk > 0 && walk == WALKS.get();
  }

  /**
   * For the coordinator: all watches that have begun see a rehearsal from now on, until {@link
   * #rehearsalEnds}.
   */
  public static void rehearsalTurns() {
    rehearsal = new Object();
  }

  /** The other end of {@link #rehearsalTurns}. */
  public static void rehearsalEnds() {
    rehearsal = null;
  }

  /**
   * {@return whether the walk up is that of a rehearsal} {@link #isRestored} says yes, so that what
   * runs after a restore alone has run once before; but the process is the one that it was, and
   * nothing may be seen of it afterwards: what would be changed is only looked at. It is as after a
   * restore with the same environment, with no system property and no argument given, and {@link
   * #restore} is empty.
   */
  public boolean isRehearsal() {
    Object current = rehearsal;
    return current != null && current != rehearsalBefore;
  }

  /**
   * {@return whether there was a restore since, or {@linkplain #isRehearsal a rehearsal of one}} A
   * CRaC JDK does not tell: with one, each walk up may follow a restore, and the answer is always
   * yes.
   */
  public boolean isRestored() {
    return isRehearsal()
        || restore().isPresent()
        || (CracImplementation.jdkHasCrac() && !CracImplementation.isOurs());
  }

  /** {@return the latest restore since, empty if there was none, and always with a CRaC JDK} */
  public Optional<RestoreInfo> restore() {
    Optional<RestoreInfo> latest = RestoreInfo.latest();
    return latest.orElse(null) == before ? Optional.empty() : latest;
  }
}
