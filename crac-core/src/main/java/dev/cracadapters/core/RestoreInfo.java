/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a restored process knows of its restore. It is there before the first resource is brought
 * back, so that a resource can read it in {@code afterRestore}.
 *
 * @param restoredAt when the restore happened, by the wall clock
 * @param instanceId tells this process from every other one restored from the same image
 * @param environment the environment variables of this process from the restore on: those of the
 *     process that asked for the restore, or what its options made of them. {@code System.getenv}
 *     shows the same, unless the JDK kept its own closed, which the log then says
 * @param systemProperties the system properties that were given to the restore; they have been set
 *     before the first resource was brought back
 * @param arguments the arguments that were given to the restore after {@code --}
 */
public record RestoreInfo(
    Instant restoredAt,
    String instanceId,
    Map<String, String> environment,
    Map<String, String> systemProperties,
    List<String> arguments) {

  private static volatile Optional<RestoreInfo> latest = Optional.empty();

  public RestoreInfo {
    environment = Map.copyOf(environment);
    systemProperties = Map.copyOf(systemProperties);
    arguments = List.copyOf(arguments);
  }

  /** {@return the latest restore of this process, empty in one that was started, not restored} */
  public static Optional<RestoreInfo> latest() {
    return latest;
  }

  static void publish(RestoreInfo info) {
    latest = Optional.of(info);
  }
}
