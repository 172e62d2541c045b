/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.Proc;
import java.io.IOException;

/**
 * A seccomp filter on this process, as container runtimes load one by default.
 *
 * <p>Linux lifts a process's filter for a dump only where who asks has none itself, and SYS_ADMIN
 * ({@code PTRACE_O_SUSPEND_SECCOMP}, see ptrace(2)). A CRIU that this process starts is under this
 * process's filter: so no dump is possible, whatever the filter allows.
 */
public final class SystemCallFilter {

  /** Why there can be no dump, as a clause. */
  public static final String NO_DUMP =
      "a seccomp filter is on this JVM, and Linux lifts it for no CRIU that is under one itself";

  /** Where there is none, for each that loads one. */
  public static final String NONE =
      "Take the checkpoint without a filter: docker run --security-opt seccomp=unconfined"
          + " --cap-add=CHECKPOINT_RESTORE --cap-add=SYS_PTRACE --init; podman run --security-opt"
          + " seccomp=unconfined --cap-add=CHECKPOINT_RESTORE,SYS_PTRACE --init; in Kubernetes"
          + " securityContext: {seccompProfile: {type: Unconfined}, capabilities: {add:"
          + " [CHECKPOINT_RESTORE, SYS_PTRACE]}}; in a systemd unit without SystemCallFilter= and"
          + " what implies one, such as RestrictNamespaces=. The image can be restored under a"
          + " filter";

  private SystemCallFilter() {}

  /** Whether there is one; false where /proc does not tell. */
  public static boolean isOn() {
    try {
      return !"0".equals(Proc.self().status().getOrDefault("Seccomp", "0"));
    } catch (IOException e) {
      return false;
    }
  }

  /** Says that no dump is possible. */
  static void refuse() throws RefusedException {
    if (isOn()) {
      throw new RefusedException("CRIU", NO_DUMP, NONE);
    }
  }
}
