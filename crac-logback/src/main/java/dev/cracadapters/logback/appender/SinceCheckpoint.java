/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.appender;

import dev.cracadapters.core.RestoreInfo;
import dev.cracadapters.core.crac.CracImplementation;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether a walk up follows a restore. A checkpoint that failed, and a process that was left
 * running, come up as well.
 */
public final class SinceCheckpoint {

  private @Nullable RestoreInfo before;
  private boolean began;

  /** At the begin of a walk down. */
  public void begin() {
    before = RestoreInfo.latest().orElse(null);
    began = true;
  }

  /** Whether this process was restored since; true for the first question only. */
  public boolean isRestored() {
    // A CRaC JDK tells nothing: there every walk up may be a restore's.
    boolean restored =
        began
            && (RestoreInfo.latest().orElse(null) != before
                || CracImplementation.jdkHasCrac() && !CracImplementation.isOurs());
    began = false;
    return restored;
  }

  /** The value of a system property or else an environment variable, as Logback looks it up. */
  public static @Nullable String variable(String name) {
    String property = System.getProperty(name);
    return property == null ? environment(name) : property;
  }

  /** An environment variable; where the JDK keeps its own closed, the restore knows better. */
  static @Nullable String environment(String name) {
    Optional<RestoreInfo> restore = RestoreInfo.latest();
    return restore.isPresent() ? restore.get().environment().get(name) : System.getenv(name);
  }
}
