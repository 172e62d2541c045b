/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import dev.cracadapters.core.RestoreInfo;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether this process was restored since a walk down began. The walk up alone does not tell:
 * a checkpoint that failed, and a process that was left running, come up as well.
 */
public final class RestoreWatch {

  private final @Nullable RestoreInfo before = RestoreInfo.latest().orElse(null);

  private RestoreWatch() {}

  /** {@return a watch that begins now, at the begin of a walk down} */
  public static RestoreWatch begin() {
    return new RestoreWatch();
  }

  /**
   * {@return whether there was a restore since} A CRaC JDK does not tell: with one, each walk up
   * may follow a restore, and the answer is always yes.
   */
  public boolean isRestored() {
    return restore().isPresent()
        || (CracImplementation.jdkHasCrac() && !CracImplementation.isOurs());
  }

  /** {@return the latest restore since, empty if there was none, and always with a CRaC JDK} */
  public Optional<RestoreInfo> restore() {
    return RestoreInfo.latest().filter(latest -> latest != before);
  }
}
