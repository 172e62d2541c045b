/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Skips, or fails where CRIU is required. */
final class CriuCondition implements ExecutionCondition, BeforeAllCallback {

  static final String REQUIRED = "CRAC_REQUIRE_CRIU";

  private static final AtomicBoolean SAID = new AtomicBoolean();

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    ConditionEvaluationResult result =
        required() || isRoot()
            ? condition(WorkingCriu.here(), required())
            : ConditionEvaluationResult.disabled(
                "What needs CRIU is tested as root: with namespaces, and as several users");
    if (result.isDisabled() && SAID.compareAndSet(false, true)) {
      // The build's output has but the number of tests that are skipped.
      System.err.println("Tests are skipped: " + result.getReason().orElse("no reason"));
    }
    return result;
  }

  private static boolean isRoot() {
    try {
      return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    } catch (IOException e) {
      return false; // no Linux, where CRIU is not either
    }
  }

  static ConditionEvaluationResult condition(WorkingCriu criu, boolean required) {
    if (criu.works()) {
      return ConditionEvaluationResult.enabled("CRIU is " + criu.path());
    }
    return required
        ? ConditionEvaluationResult.enabled("CRIU is required; the class fails before its tests")
        : ConditionEvaluationResult.disabled("CRIU cannot run here: " + criu.reason());
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    demand(WorkingCriu.here(), required());
  }

  static void demand(WorkingCriu criu, boolean required) {
    if (required && !criu.works()) {
      throw new AssertionError(REQUIRED + " is true, but CRIU cannot run here: " + criu.reason());
    }
  }

  private static boolean required() {
    return "true".equals(System.getenv(REQUIRED));
  }
}
