/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.properties;

import static java.util.Objects.requireNonNullElse;

import dev.cracadapters.core.CoordinatorSettings;
import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The properties {@code spring.crac.*} themselves. Those of a library stand in a record of their
 * own. A property that is not set is null; where it is used it has the default that the
 * configuration metadata names.
 *
 * @param enabled Whether checkpoints can be taken. Nothing of CRaC Adapters has any effect without
 *     it.
 * @param engine Name of the engine that takes the snapshot: criu, pause, or auto for the JDK's own
 *     CRaC where there is one, else the engine on the class path.
 * @param image Folder that the image is written to. Engines that write an image need it.
 * @param imageKey File of the key that images are signed by: a private key in PEM, or a secret.
 *     They are not signed unless it is named.
 * @param imageEncryption What images are encrypted by: "age:FILE" with recipients, or
 *     "openssl:FILE" with a passphrase. They are not encrypted unless it is named.
 * @param audit What may be open at the snapshot. "strict" applies a CRaC JDK's rules on every JDK.
 * @param resourcePolicies File with descriptor policies in the CRaC JDK's format: what is to become
 *     of descriptors that are open at a checkpoint.
 * @param walkTimeout Time for all resources together, once for stopping and once for coming back.
 * @param resourceTimeout Time for each resource, once for stopping and once for coming back.
 * @param lifecycleTimeout Time that the lifecycle beans of one phase have for stopping. Should be
 *     below "spring.crac.resource-timeout".
 * @param leaveRunning Whether the process goes on when its image is whole, instead of ending.
 * @param rehearse How often a checkpoint walks down and up before its snapshot, so that a restore
 *     runs no code for the first time: a number, "off", or "auto" for as long as the walk up gets
 *     faster, where the process ends.
 * @param verify Whether CRIU restores an image for a trial before the process ends: "auto" where
 *     that is possible and the process ends, "restore" always, "off" never.
 * @param checkpointSignal Signal that asks for a checkpoint: USR1, or USR2. None unless it is
 *     named.
 */
@ConfigurationProperties("spring.crac")
public record CracProperties(
    @Nullable Boolean enabled,
    @Nullable String engine,
    @Nullable String image,
    @Nullable String imageKey,
    @Nullable String imageEncryption,
    @Nullable AuditMode audit,
    @Nullable String resourcePolicies,
    @Nullable Duration walkTimeout,
    @Nullable Duration resourceTimeout,
    @Nullable Duration lifecycleTimeout,
    @Nullable Boolean leaveRunning,
    @Nullable String rehearse,
    @Nullable String verify,
    @Nullable String checkpointSignal) {

  /** The time that the lifecycle beans of one phase have for stopping. */
  public Duration timeToStop() {
    return requireNonNullElse(lifecycleTimeout, Duration.ofSeconds(20));
  }

  /**
   * How checkpoints are taken.
   *
   * @throws UnusableSettingException if a time-out is not longer than zero, the number of
   *     rehearsals is none, or the image is no path
   */
  public CoordinatorSettings coordinatorSettings() {
    try {
      return new CoordinatorSettings(
          requireNonNullElse(engine, "auto"),
          image == null || image.isBlank() ? null : path("image", image.strip()),
          requireNonNullElse(audit, AuditMode.LENIENT),
          requireNonNullElse(walkTimeout, Duration.ofSeconds(60)),
          requireNonNullElse(resourceTimeout, Duration.ofSeconds(30)),
          rehearse == null || rehearse.isBlank() ? "auto" : rehearse);
    } catch (IllegalArgumentException e) {
      throw UnusableSettingException.below("spring.crac", e);
    }
  }

  private static Path path(String name, String value) {
    try {
      return Path.of(value);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException(
          "%s is \"%s\", which is not a path here: %s".formatted(name, value, e.getReason()), e);
    }
  }
}
