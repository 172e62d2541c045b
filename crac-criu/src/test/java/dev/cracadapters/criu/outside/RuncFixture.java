/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.outside;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.criu.testing.RunningProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A runc that works on this machine, and whose containers are deleted at the end. */
abstract class RuncFixture {

  private static final String REQUIRED = "CRAC_REQUIRE_CRIU";

  @TempDir static Path folder;
  static @Nullable Runc runc;
  private static @Nullable String impossible;

  @BeforeAll
  static void runcWorks() throws Exception {
    try (RunningProcess tool = Runc.ask(folder)) {
      if (tool.awaitExit() != 0) {
        impossible = "there is no runc here: " + tool.error().strip();
        if ("true".equals(System.getenv(REQUIRED))) {
          throw new AssertionError(REQUIRED + " is true, but " + impossible);
        }
        return;
      }
      runc = new Runc(Path.of(tool.output().strip()), folder, new ArrayList<>());
      impossible = runc.impossible(Bundle.idle(folder.resolve("idle")));
    }
  }

  /** For each test, so that each is counted as skipped, with the reason. */
  @BeforeEach
  void skipWhereItIsImpossible() {
    assumeTrue(impossible == null, () -> "" + impossible);
  }

  @AfterAll
  static void nothingIsLeft() throws Exception {
    if (runc != null) {
      runc.close();
    }
  }
}
