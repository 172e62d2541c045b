/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing;

import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Skips, or fails where CRIU is required. */
final class CriuCondition implements ExecutionCondition, BeforeAllCallback {

  static final String REQUIRED = "CRAC_REQUIRE_CRIU";

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    return condition(WorkingCriu.here(), required());
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
