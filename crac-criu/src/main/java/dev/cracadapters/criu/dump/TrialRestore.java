/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import dev.cracadapters.core.audit.CoveredDescriptor;
import dev.cracadapters.core.audit.Descriptor;
import dev.cracadapters.core.audit.Descriptor.Kind;
import dev.cracadapters.core.engine.CheckpointRequest;
import dev.cracadapters.criu.CriuSettings;
import dev.cracadapters.criu.CriuSettings.Verification;
import java.util.Map;
import java.util.Optional;

/**
 * Whether the dump script restores the image for a trial, before this process ends: see {@code
 * trial.sh}.
 */
final class TrialRestore {

  private TrialRestore() {}

  /** For the dump script. */
  static Map<String, String> values(CheckpointRequest request, CriuSettings settings) {
    Verification verification = settings.verification();
    // Callers wait for a process that goes on.
    boolean tries =
        verification == Verification.RESTORE
            || verification == Verification.AUTO && !request.leaveRunning();
    return Map.of(
        "verify",
        tries ? verification == Verification.RESTORE ? "restore" : "auto" : "off",
        "untried",
        obstacle(request).orElse(""),
        "restore_seconds",
        CriuSettings.seconds(settings.restoreTimeout()));
  }

  /** What CRIU would take from the process that is held, in the names that both have. */
  private static Optional<String> obstacle(CheckpointRequest request) {
    return request.covered().stream()
        .map(CoveredDescriptor::descriptor)
        .filter(TrialRestore::isShared)
        .findFirst()
        .map(one -> "a policy keeps " + one.target() + ", which only one process can have");
  }

  /** CRIU binds a Unix socket to its name once more, and writes into a FIFO what was in it. */
  private static boolean isShared(Descriptor one) {
    return one.kind() == Kind.UNIX_SOCKET
        || one.kind() == Kind.PIPE && one.target().startsWith("/");
  }
}
