/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.audit.ResourcePolicies;
import dev.cracadapters.criu.memory.JvmFlags;
import dev.cracadapters.criu.policy.StaleFiles;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * Classes that are not this module's own, and that a checkpoint or a restored process uses for the
 * first time when everything is down. One that is missing, or is of a version without what is
 * called, must not be found out only then. So each is used here, as it is used there.
 */
public final class RequiredClasses {

  private RequiredClasses() {}

  private interface Use {
    void run() throws IOException;
  }

  /**
   * Uses all of them.
   *
   * @throws RefusedException if one cannot be used
   */
  public static void check() throws RefusedException {
    require(
        "Java",
        "it has no module jdk.management, by which the engine reads the JVM's flags",
        "Start the JVM with --add-modules jdk.management, or put that into its jlink image",
        () -> new JvmFlags().close());
    require(
        "jackson-core",
        "the engine writes an image's manifest by it, and it is missing, or is another version",
        "Add the dependency com.fasterxml.jackson.core:jackson-core, which crac-criu has by itself",
        () -> Json.text(Map.of("text", "", "list", List.of(1))));
    if (ResourcePolicies.areNamed()) {
      require(
          "asm",
          "by it streams of ignored files that have changed are closed, and it is missing, or is"
              + " another version",
          "Add the dependency org.ow2.asm:asm, which crac-criu has by itself, and where it is a module"
              + " that is missing, java.instrument",
          StaleFiles::check);
    }
  }

  private static void require(String what, String cause, String remedy, Use use)
      throws RefusedException {
    try {
      use.run();
    } catch (LinkageError | IOException e) {
      throw new RefusedException(what, cause + " (" + e + ")", remedy, e);
    }
  }
}
