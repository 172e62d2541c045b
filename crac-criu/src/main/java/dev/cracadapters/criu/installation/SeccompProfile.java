/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * A seccomp profile for a container in which an image is restored. It lets CRIU choose PIDs by
 * clone3, which the default profiles of container runtimes forbid, and forbids most of what those
 * forbid besides.
 */
public final class SeccompProfile {

  /** How to restore where the default profile is in the way. */
  public static final String REMEDY =
      "Restore under a profile that allows clone3: java -jar crac-criu.jar doctor --seccomp-profile"
          + " > crac.json, then docker run or podman run --security-opt seccomp=crac.json, in"
          + " Kubernetes seccompProfile: {type: Localhost, localhostProfile: crac.json}; or without"
          + " a filter (seccomp=unconfined, type: Unconfined)";

  private SeccompProfile() {}

  /** As JSON, in the format that Docker, Podman and Kubernetes read. */
  public static String text() {
    try (InputStream profile = SeccompProfile.class.getResourceAsStream("seccomp.json")) {
      return new String(Objects.requireNonNull(profile).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
