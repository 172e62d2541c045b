/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What a restored process is told about its restore. It is there before the first resource is
 * brought back, so that a resource can read it in {@code afterRestore}.
 *
 * @param restoredAt when the restore happened, by the wall clock
 * @param instanceId tells this process from every other one restored from the same image
 * @param environment the environment of the process that asked for the restore; {@code
 *     System.getenv} still shows the environment of the checkpoint
 * @param arguments the arguments that were given to the restore after {@code --}
 */
public record RestoreInfo(
    Instant restoredAt,
    String instanceId,
    Map<String, String> environment,
    List<String> arguments) {

  private static final AtomicReference<Optional<RestoreInfo>> LATEST =
      new AtomicReference<>(Optional.empty());

  /** Makes the collections unmodifiable. */
  public RestoreInfo {
    environment = Map.copyOf(environment);
    arguments = List.copyOf(arguments);
  }

  /**
   * The latest restore of this process.
   *
   * @return empty in a process that was started, not restored
   */
  public static Optional<RestoreInfo> latest() {
    return LATEST.get();
  }

  static void publish(RestoreInfo info) {
    LATEST.set(Optional.of(info));
  }
}
